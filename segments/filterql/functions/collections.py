"""Functions on lists and maps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from segments.filterql.coerce import is_nil, to_int, to_text, to_time
from segments.filterql.functions.registry import Context, function
from segments.filterql.membership import like
from segments.filterql.values import (
    MISSING,
    Mixed,
    MixedMap,
    Shape,
    Texts,
    is_key_list,
    shape_of,
)

LISTS = (Shape.MIXED, Shape.TEXTS)


def _as_list(value: Any) -> list[Any] | None:
    """A list, or the keys of a map that counts as one."""
    if shape_of(value) in LISTS:
        items: list[Any] = value
        return items
    return list(value) if is_key_list(value) else None


@function("array.index(list, i)", 2)
def index(value: Any, position: Any) -> Any:
    """An item of a list, counted from 0 or, below 0, from the end."""
    items, place = _as_list(value), to_int(position)
    if not items or place is None or not -len(items) <= place < len(items):
        return MISSING
    return items[place]


@function("array.slice(list, from[, to])", (2, 3))
def part(value: Any, start: Any, *end: Any) -> Any:
    """The items of a list from one position up to another."""
    if shape_of(value) not in LISTS or not value:
        return MISSING
    size = len(value)
    first = _place(start, size)
    last = _place(end[0], size) if end else size
    if first is None or last is None or not (first < size and first <= last <= size):
        return MISSING
    kind = Texts if shape_of(value) is Shape.TEXTS else Mixed
    return kind(value[first:last])


def _place(position: Any, size: int) -> int | None:
    place = to_int(position)
    if place is None or place < -size:
        return None
    return place + size if place < 0 else place


@function("oneof(x, y, …)", (2, None))
def oneof(*values: Any) -> Any:
    """The first of the values that is neither missing nor empty."""
    return next((value for value in values if not is_nil(value)), MISSING)


@function("map(key, value)", 2)
def pair(key: Any, value: Any) -> Any:
    """A map of one key."""
    if is_nil(key) or is_nil(value):
        return MISSING
    return MixedMap({to_text(key) or "": value})


@function(
    "maptime(key[, time])",
    (1, 2),
    wants_context=True,
    reads_clock=True,
    reads_moments=True,
)
def maptime(context: Context, key: Any, *time: Any) -> Any:
    """A map of one key, in lower case, to a time or to now."""
    moment = to_time(time[0], context.now) if time else context.now
    if is_nil(key) or moment is None:
        return MISSING
    return {(to_text(key) or "").lower(): moment}


@function("match(prefix, …)", (1, None), wants_context=True, reads_every_field=True)
def match(context: Context, *prefixes: Any) -> Any:
    """The fields whose names begin so, as a map without the prefix."""
    found = MixedMap()
    for prefix in prefixes:
        if type(prefix) is not str:
            continue
        for name, value in context.values.items():
            if name.startswith(prefix) and name != prefix and value is not None:
                found[name.removeprefix(prefix)] = value
    return found or MISSING


@function("mapkeys(map, …)", (1, None))
def mapkeys(*maps: Any) -> Any:
    """The keys of maps, each once."""
    keys = {key: None for found in maps if isinstance(found, dict) for key in found}
    return Texts(keys) if keys else MISSING


@function("mapvalues(map)", 1)
def mapvalues(value: Any) -> Any:
    """The values of a map as texts, each once."""
    texts = dict.fromkeys(_texts_of(value).values())
    return Texts(texts) if texts else MISSING


@function("mapinvert(map)", 1)
def mapinvert(value: Any) -> Any:
    """A map from values, as texts, to their keys."""
    return {text: key for key, text in _texts_of(value).items()} or MISSING


def _texts_of(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {key: to_text(v) or "" for key, v in value.items() if v is not None}


@function("filter(x, pattern, …)", (2, None))
def without(value: Any, *patterns: Any) -> Any:
    """A list, a map by its keys, or a text without what matches a pattern or prefix."""
    tests = _tests(patterns)
    return _kept(value, lambda text: not any(test(text) for test in tests))


@function("filtermatch(x, pattern, …)", (2, None))
def matching(value: Any, *patterns: Any) -> Any:
    """A list, a map by its keys, or a text: what matches a pattern or prefix."""
    tests = _tests(patterns)
    return _kept(value, lambda text: any(test(text) for test in tests))


def _tests(patterns: tuple[Any, ...]) -> list[Callable[[str], bool]]:
    tests = []
    for pattern in patterns:
        items = _as_list(pattern)
        if items is None:
            items = [pattern] if type(pattern) is str else []
        tests += [_test(to_text(item) or "") for item in items]
    return tests


def _test(pattern: str) -> Callable[[str], bool]:
    if "*" in pattern or "%" in pattern:
        return lambda text: like(text, pattern) or False
    return lambda text: text.startswith(pattern) if pattern else not text


def _kept(value: Any, wanted: Callable[[str], bool]) -> Any:
    if is_nil(value):
        return MISSING
    if type(value) is str:
        return value if wanted(value) else None
    if isinstance(value, dict) and not is_key_list(value):
        return MixedMap({k: v for k, v in value.items() if wanted(k)}) or MISSING
    items = _as_list(value)
    if items is None:
        return MISSING
    return Texts(t for t in (to_text(i) or "" for i in items) if wanted(t)) or MISSING

"""IN, INTERSECTS, CONTAINS and LIKE over values of any two types."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from segments.filterql.coerce import to_int, to_text
from segments.filterql.comparison import holds_number
from segments.filterql.equality import share_an_item
from segments.filterql.like import PatternError, matcher
from segments.filterql.values import FAILED, MISSING, Shape, is_key_list, shape_of

LISTS = (Shape.MIXED, Shape.TEXTS)


def match(word: str, left: Any, right: Any, now: datetime) -> Any:
    if left is MISSING or right is MISSING:
        return _with_missing(word, left, right)
    row = _ROWS[word].get(shape_of(left))
    return MISSING if row is None else row(left, right)


def _with_missing(word: str, left: Any, right: Any) -> Any:
    if word == "LIKE":
        return False
    if left is MISSING:
        return MISSING if right is MISSING else False
    return MISSING if word == "CONTAINS" else False


def any_text(items: Iterable[Any], test: Callable[[str], bool]) -> Any:
    """Whether the test holds for one item's text; a null before that spoils it."""
    for item in items:
        text = item if type(item) is str else to_text(item)
        if text is None:
            return MISSING
        if test(text):
            return True
    return False


def like(text: str, pattern: str) -> bool | None:
    """Whether the text matches; None where the pattern is malformed."""
    try:
        return matcher(pattern)(text)
    except PatternError:
        return None


# A number or a null on the left


def _int(left: int, right: Any) -> Any:
    return None if type(right) is int else MISSING


def _int_in(left: int, right: Any) -> Any:
    if shape_of(right) is Shape.MIXED:
        return any(to_int(item) == left for item in right)
    return _int(left, right)


def _float(left: float, right: Any) -> Any:
    return holds_number(right, left) if shape_of(right) is Shape.MIXED else MISSING


# A text on the left


def _text_in(left: str, right: Any) -> Any:
    shape = shape_of(right)
    if shape is Shape.TEXT:
        return left == right
    if shape in LISTS:
        return any_text(right, lambda text: text == left)
    if shape is Shape.MAP:
        return left in right
    return False if shape is Shape.BOOL else MISSING


def _text_contains(left: str, right: Any) -> Any:
    shape = shape_of(right)
    if shape is Shape.TEXT:
        return right in left
    if shape in LISTS or is_key_list(right):
        return any_text(right, lambda text: text in left)
    return False if shape is Shape.BOOL else MISSING


def _text_like(left: str, right: Any) -> Any:
    shape = shape_of(right)
    if shape is Shape.TEXT:
        matches = like(left, right)
        return FAILED if matches is None else matches
    if shape in LISTS or is_key_list(right):
        return any_text(right, lambda pattern: like(left, pattern) or False)
    return False if shape is Shape.BOOL else MISSING


# A list on the left


def _mixed_in(left: list[Any], right: Any) -> Any:
    shape = shape_of(right)
    if shape is Shape.MIXED:
        return share_an_item(left, right)
    if shape is Shape.TEXTS:
        return any_text(left, set(right).__contains__)
    return MISSING


def _texts_in(left: list[str], right: Any) -> Any:
    shape = shape_of(right)
    if shape not in LISTS or not left:
        return False if shape in LISTS else MISSING
    return any_text(right, set(left).__contains__)


def _mixed_contains(left: list[Any], right: Any) -> Any:
    if type(right) is str:
        return any_text(left, lambda text: right in text)
    if type(right) is int:
        return any(to_int(item) == right for item in left)
    return MISSING


def _texts_contain(left: list[str], right: Any) -> Any:
    if type(right) is str or type(right) is bool:
        part = to_text(right) or ""
        return any(part in text for text in left)
    return MISSING


def _list_like(left: list[Any], right: Any) -> Any:
    if type(right) is not str:
        return MISSING
    return any_text(left, lambda text: like(text, right) or False)


# A map on the left


def _map_in(left: dict[str, Any], right: Any) -> Any:
    if shape_of(right) not in LISTS and not is_key_list(right):
        return MISSING
    keys = [to_text(item) for item in right]
    return MISSING if None in keys else any(key in left for key in keys)


_IN: dict[Shape, Callable[[Any, Any], Any]] = {
    Shape.INT: _int_in,
    Shape.FLOAT: _float,
    Shape.TEXT: _text_in,
    Shape.MIXED: _mixed_in,
    Shape.TEXTS: _texts_in,
    Shape.MAP: _map_in,
}
_CONTAINS: dict[Shape, Callable[[Any, Any], Any]] = {
    Shape.INT: _int,
    Shape.FLOAT: _float,
    Shape.TEXT: _text_contains,
    Shape.MIXED: _mixed_contains,
    Shape.TEXTS: _texts_contain,
}
_LIKE: dict[Shape, Callable[[Any, Any], Any]] = {
    Shape.INT: _int,
    Shape.FLOAT: _float,
    Shape.TEXT: _text_like,
    Shape.MIXED: _list_like,
    Shape.TEXTS: _list_like,
}
_ROWS = {"IN": _IN, "INTERSECTS": _IN, "CONTAINS": _CONTAINS, "LIKE": _LIKE}

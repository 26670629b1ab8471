"""Equality of eq() and of the items of lists: the type on the left decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from segments.filterql.coerce import (
    fixed_time,
    to_bool,
    to_float,
    to_int,
    to_text,
    wrapped,
)
from segments.filterql.values import in_utc

_READ_AS: dict[type, Callable[[Any], Any]] = {
    bool: lambda right: to_bool(right) or False,
    int: lambda right: to_int(right) or 0,
    float: to_float,
    str: to_text,
    datetime: fixed_time,
}


def equal(left: Any, right: Any) -> bool:
    """Whether the right, read as the type on the left, is the left."""
    if left is None or right is None:
        return left is None and right is None
    if isinstance(left, list):
        return _equal_lists(left, right)
    read = _READ_AS.get(type(left))
    return read is not None and bool(_plain(left) == read(right))


def _plain(left: Any) -> Any:
    """The left as what is read on the right is."""
    if type(left) is int:
        return wrapped(left)
    return in_utc(left) if type(left) is datetime else left


def _equal_lists(left: list[Any], right: Any) -> bool:
    if not isinstance(right, list) or len(left) != len(right):
        return False
    return all(
        not isinstance(mine, list) and equal(mine, other)
        for mine, other in zip(left, right, strict=True)
    )


def share_an_item(left: list[Any], right: list[Any]) -> bool:
    """Whether an item of one equals one of the other.

    The right is read once for each type on the left, so that two long lists take no
    longer than their lengths.
    """
    known: dict[type, set[Any]] = {}
    for mine in left:
        read = _READ_AS.get(type(mine))
        if read is None:
            found = any(equal(mine, other) for other in right)
        else:
            if type(mine) not in known:
                known[type(mine)] = {read(o) for o in right if o is not None}
            found = _plain(mine) in known[type(mine)]
        if found:
            return True
    return False

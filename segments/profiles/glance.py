"""Reading of many profiles only what filters ask for, without locks.

A profile has dozens of fields and a filter mentions a few: taking those out in the
database is several times faster than sending and decoding all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson

from segments.filterql import EVERY_FIELD
from segments.profiles.instants import instant
from segments.profiles.models import FieldType
from segments.profiles.typed import Schema

TIMES = ("_created", "_modified")
MOST_PICKED = 12

_TIMES_US = """(extract(epoch FROM created_at) * 1000000)::bigint,
    (extract(epoch FROM modified_at) * 1000000)::bigint"""

Values = dict[str, Any]


class Glance:
    """The columns that filters need of a profile, and the values they give them.

    `schema` is prepared for `mentioned`, the fields that the filters mention.
    """

    def __init__(self, schema: Schema, mentioned: frozenset[str]) -> None:
        self.columns: str
        """The columns' SQL, with a parameter for each of `parameters`."""
        self.parameters: tuple[str, ...]
        self.values: Callable[[Sequence[Any]], Values]
        """The typed values that a row of these columns gives."""
        names = sorted(mentioned.difference(TIMES))
        if _can_be_picked(schema, names):
            self.columns = ", ".join(
                [*["(fields -> %s)::text"] * len(names), _TIMES_US]
            )
            self.parameters = tuple(names)
            self.values = _picked(schema, names, mentioned)
        else:
            self.columns = f"fields::text, {_TIMES_US}"
            self.parameters = ()
            self.values = _whole(schema)


def _can_be_picked(schema: Schema, names: Sequence[str]) -> bool:
    return (
        len(names) <= MOST_PICKED
        and EVERY_FIELD not in names
        and all(schema.types.get(name) is not FieldType.MAP for name in names)
    )


def _whole(schema: Schema) -> Callable[[Sequence[Any]], Values]:
    def values(row: Sequence[Any]) -> Values:
        fields, created_us, modified_us = row
        return schema.typed(
            orjson.loads(fields), instant(created_us), instant(modified_us)
        )

    return values


def _picked(
    schema: Schema, names: Iterable[str], mentioned: frozenset[str]
) -> Callable[[Sequence[Any]], Values]:
    places = [(place, name, schema.cast_of(name)) for place, name in enumerate(names)]
    times = [
        (place, name)
        for place, name in enumerate(TIMES, start=len(places))
        if name in mentioned
    ]

    def values(row: Sequence[Any]) -> Values:
        found: Values = {}
        for place, name, cast in places:
            text = row[place]
            if text is not None:
                value = orjson.loads(text)
                if cast is not None and value is not None and value != "":
                    value = cast(value)
                found[name] = value
        for place, name in times:
            found[name] = instant(row[place])
        return found

    return values

"""Checking records: what is stored of each, and why one is bad.

A record is a JSON object. It is stored flat, under dotted names
(`{"scores": {"momentum": 5}}` as `{"scores.momentum": 5}`), so that what one
sees of an event are the names that profiles and filters use.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import NoneType
from typing import Any

import orjson

from segments.streams.call import Call
from segments.streams.errors import BadRecordError, UnreadableTimeError
from segments.streams.timestamps import parse_time

MAX_DEPTH = 10
MAX_FIELDS = 1000
MAX_NAME_LENGTH = 200
MAX_IDENTITY_BYTES = 256
# Whole numbers beyond this lose digits when a JSON parser makes them floats.
EXACT_FLOATS = 2.0**53
SHOWN_LENGTH = 60
FURTHEST_AHEAD = timedelta(days=1)  # clocks and zones that are set wrong

_SCALARS = frozenset({str, int, float, bool, NoneType})

Identity = tuple[str, str]
"""A field that tells who a user is, and its value."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record that can be stored."""

    body: bytes
    event_at: datetime
    identity: Identity | None
    """The first of its identities, which decides its lane."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that cannot be stored, as it came in."""

    position: int
    reason: str
    raw: bytes


def check(value: Any, call: Call) -> Record:
    """The record made of a decoded JSON value; raises BadRecordError."""
    if type(value) is not dict:
        raise BadRecordError("A record must be a JSON object.")
    fields = flatten(value)
    check_names(fields)
    body = _encode(fields, call.max_record_bytes)
    return Record(
        body=body,
        event_at=_event_time(fields, call),
        identity=_first_identity(fields, call.identity_fields),
    )


def flatten(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object with dotted names; what is flat already is returned as it is."""
    if _SCALARS.issuperset(map(type, value.values())):
        return value
    fields: dict[str, Any] = {}
    _flatten_into(fields, value, prefix="", depth=1)
    return fields


def check_names(names: Collection[str]) -> None:
    """Refuse field names that are too many, too long or empty."""
    if len(names) > MAX_FIELDS:
        raise BadRecordError(f"It has {len(names)} fields; {MAX_FIELDS} is the most.")
    for name in names:
        if len(name) > MAX_NAME_LENGTH:
            raise BadRecordError(
                f'The field name "{shown(name)}" is longer than {MAX_NAME_LENGTH}'
                " characters."
            )
        if not name or name[-1] == ".":
            raise BadRecordError(
                f'The field name "{shown(name)}" is empty or ends in ".".'
            )


def too_long(call: Call) -> str:
    """Why a record that was not read to its end is bad."""
    return f"It is longer than {call.max_record_bytes} bytes."


def identities_of(
    fields: Mapping[str, Any], identity_fields: tuple[str, ...]
) -> list[Identity]:
    """The identities in a stored event's fields, the strongest first.

    Values that cannot be identities are passed over: the event may have come in
    when the field was not yet one that tells who a user is.
    """
    found = []
    for field in identity_fields:
        try:
            text = _identity_text(field, fields.get(field))
        except BadRecordError:
            continue
        if text:
            found.append((field, text))
    return found


def shown(text: str) -> str:
    """A value for use in a message: short, and storable whatever it holds."""
    short = text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 1] + "…"
    return short.encode("utf-8", "backslashreplace").decode().replace("\0", "\\u0000")


def _flatten_into(
    fields: dict[str, Any], value: Mapping[str, Any], *, prefix: str, depth: int
) -> None:
    if depth > MAX_DEPTH:
        raise BadRecordError(
            f'Objects lie in objects more than {MAX_DEPTH} deep, at "{shown(prefix)}".'
        )
    for key, each in value.items():
        name = prefix + key
        if type(each) is dict:
            check_names([key])
            _flatten_into(fields, each, prefix=f"{name}.", depth=depth + 1)
        elif type(each) is list and not _SCALARS.issuperset(map(type, each)):
            raise BadRecordError(
                f'"{shown(name)}" is an array of objects or arrays: an array may hold'
                " texts, numbers, true, false and null only."
            )
        else:
            fields[name] = each


def _encode(fields: Mapping[str, Any], max_bytes: int) -> bytes:
    try:
        body = orjson.dumps(fields)
    except orjson.JSONEncodeError as error:
        raise BadRecordError(_unstorable(fields)) from error
    if len(body) > max_bytes:
        raise BadRecordError(f"It takes {len(body)} bytes; {max_bytes} is the most.")
    if b"\\u0000" in body and (name := _holding_nul(fields)) is not None:
        raise BadRecordError(
            f'"{shown(name)}" holds the character \\u0000, which cannot be stored.'
        )
    return body


def _unstorable(fields: Mapping[str, Any]) -> str:
    for name, value in fields.items():
        try:
            orjson.dumps({name: value})
        except orjson.JSONEncodeError:
            return f'"{shown(name)}" holds what is not valid Unicode text.'
    return "The record is not valid JSON."


def _holding_nul(fields: Mapping[str, Any]) -> str | None:
    for name, value in fields.items():
        parts = value if type(value) is list else [value]
        if "\0" in name or any("\0" in part for part in parts if type(part) is str):
            return name
    return None


def _event_time(fields: Mapping[str, Any], call: Call) -> datetime:
    value = fields.get(call.timestamp_field) if call.timestamp_field else None
    if value is None or value == "":
        return call.received_at
    holds = f'"{shown(call.timestamp_field)}" holds "{shown(str(value))}", which is'
    try:
        event_at = parse_time(value)
    except UnreadableTimeError as error:
        raise BadRecordError(f"{holds} not a time.") from error
    if event_at - call.received_at > FURTHEST_AHEAD:
        # It would win over all that comes until then.
        raise BadRecordError(
            f"{holds} more than a day ahead: no event has such a time. Is it the"
            " right field, and in the right unit?"
        )
    return event_at


def _first_identity(
    fields: Mapping[str, Any], identity_fields: tuple[str, ...]
) -> Identity | None:
    """The strongest identity, after a look at all of them."""
    first = None
    for field in identity_fields:
        text = _identity_text(field, fields.get(field))
        if text and first is None:
            first = (field, text)
    return first


def _identity_text(field: str, value: Any) -> str:
    """An identity's value as text; empty where there is none."""
    if value is None:
        return ""
    if type(value) is str:
        text = "" if value.isspace() else value
    elif type(value) is int:
        text = str(value)
    elif type(value) is float:
        text = _float_text(field, value)
    else:
        raise BadRecordError(
            f'"{shown(field)}" tells who a user is: it must hold a text or a number.'
        )
    if len(text.encode()) > MAX_IDENTITY_BYTES:
        raise BadRecordError(
            f'"{shown(field)}" tells who a user is and is longer than'
            f" {MAX_IDENTITY_BYTES} bytes."
        )
    return text


def _float_text(field: str, value: float) -> str:
    if abs(value) >= EXACT_FLOATS:
        raise BadRecordError(
            f'"{shown(field)}" tells who a user is and holds a number too large to'
            " be exact: send it as a text."
        )
    return str(int(value)) if value.is_integer() else repr(value)

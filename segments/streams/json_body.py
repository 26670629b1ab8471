"""Reading the records of a JSON body: one object, or an array of objects.

A body that is valid is decoded in one go. Where it is not, its array is cut into
elements by the brackets alone, so that one record with a broken text does not
make the others unreadable, and a bad record is kept as the bytes it came in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

from segments.streams.call import Call
from segments.streams.errors import BadCallError, BadRecordError
from segments.streams.records import Record, Rejected, check
from segments.streams.upload import BYTE_ORDER_MARK

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{},]', re.DOTALL)
_OPENING = frozenset(b"[{")
_CLOSING = frozenset(b"]}")
_COMMA, _QUOTE, _END = b',"]'


def read_json(body: bytes, call: Call) -> Iterator[Record | Rejected]:
    """The records of a body, in order; raises BadCallError where it has none."""
    body = body.removeprefix(BYTE_ORDER_MARK).strip()
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return _read_pieces(body, error, call)
    if type(value) is list:
        return _check_all(value, body, call)
    if type(value) is dict:
        return _check_all([value], body, call)
    raise BadCallError("The body must be a JSON object or an array of objects.")


def _check_all(
    values: list[Any], body: bytes, call: Call
) -> Iterator[Record | Rejected]:
    pieces: list[bytes] | None = None
    for index, value in enumerate(values):
        try:
            yield check(value, call)
        except BadRecordError as error:
            if pieces is None:
                pieces = _pieces(body) if call.droperrors else None
            raw = pieces[index] if pieces else b""
            yield Rejected(index + 1, str(error), raw)


def _read_pieces(
    body: bytes, error: orjson.JSONDecodeError, call: Call
) -> Iterator[Record | Rejected]:
    pieces = _pieces(body)
    if pieces is None:
        raise BadCallError(
            f"The body is not valid JSON: {error.msg} at line {error.lineno}, column"
            f" {error.colno}. Nothing was stored."
        ) from error
    return _check_pieces(pieces, call)


def _check_pieces(pieces: list[bytes], call: Call) -> Iterator[Record | Rejected]:
    for position, piece in enumerate(pieces, 1):
        yield check_text(piece, position, call)


def check_text(text: bytes, position: int, call: Call) -> Record | Rejected:
    """The record in one JSON text."""
    try:
        return check(orjson.loads(text), call)
    except orjson.JSONDecodeError as error:
        reason = f"It is not valid JSON: {error.msg} at character {error.pos + 1}."
        return Rejected(position, reason, text)
    except BadRecordError as error:
        return Rejected(position, str(error), text)


def _pieces(body: bytes) -> list[bytes] | None:
    """The texts of the records; None where nobody can tell them from each other."""
    if body.startswith(b"{"):
        return [body]
    return _elements(body) if body.startswith(b"[") else None


def _elements(array: bytes) -> list[bytes] | None:
    elements, start, depth = [], 1, 0
    for token in _TOKEN.finditer(array, 1):
        sign = array[token.start()]
        if sign in _OPENING:
            depth += 1
        elif sign in _CLOSING and depth:
            depth -= 1
        elif sign in _CLOSING:
            elements.append(array[start : token.start()].strip())
            is_whole = sign == _END and token.end() == len(array)
            return elements if is_whole else None
        elif sign == _COMMA and not depth:
            elements.append(array[start : token.start()].strip())
            start = token.end()
        elif sign == _QUOTE and len(token[0]) == 1:
            return None
    return None

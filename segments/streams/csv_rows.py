"""Reading the records of a bulk upload of CSV, strictly.

Values stay the texts they are: what looks like a number may be a postal code or
a customer number whose leading zeros matter. Empty cells are left out, so that
they do not overwrite what is known. A row that is not what the header promises is
a bad row; where a quoted value does not end, reading goes on with the next line.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from segments.streams.call import Call
from segments.streams.errors import BadCallError, BadRecordError
from segments.streams.records import (
    Record,
    Rejected,
    check,
    check_names,
    shown,
    too_long,
)
from segments.streams.upload import Line

# A row is bounded by the size of a record; the module's own bound is far lower.
csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the rows of an upload are to be read."""

    delimiter: str = ","
    headers: Sequence[str] = ()
    """The names of the columns; empty where the first row has them."""
    append: dict[str, Any] = field(default_factory=dict)
    """Names and values added to each row."""


def read_csv(
    lines: Iterable[Line], call: Call, dialect: Dialect
) -> Iterator[Record | Rejected]:
    """A record for each row that is not empty; raises BadCallError."""
    rows = _rows(_Lines(lines, call), dialect.delimiter)
    headers = _checked(dialect.headers or _header_row(rows), dialect.append)
    for row in rows:
        if isinstance(row, Rejected):
            yield row
            continue
        try:
            yield check(_fields(row.cells, headers) | dialect.append, call)
        except BadRecordError as error:
            yield Rejected(row.position, str(error), row.raw)


class _Lines:
    """Feeds lines to the CSV reader and remembers which of them a row took."""

    def __init__(self, lines: Iterable[Line], call: Call) -> None:
        self._lines = iter(lines)
        self._again: deque[Line] = deque()
        self._call = call
        self._bytes = 0
        self.taken: list[Line] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        self._bytes += len(line.text)
        if line.is_cut or self._bytes > self._call.max_record_bytes:
            raise BadRecordError(too_long(self._call))
        return line.text.decode("utf-8", "surrogateescape") + "\n"

    def begin_row(self) -> None:
        self.taken, self._bytes = [], 0

    def give_back_all_but_first(self) -> None:
        self._again.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


@dataclass(frozen=True, slots=True)
class _Row:
    cells: list[str]
    lines: list[Line]

    @property
    def position(self) -> int:
        return self.lines[0].number

    @property
    def raw(self) -> bytes:
        return b"\n".join(line.text for line in self.lines)


def _rows(lines: _Lines, delimiter: str) -> Iterator[_Row | Rejected]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.begin_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except BadRecordError as error:
            yield _unreadable(lines, str(error))
        except csv.Error as error:
            yield _unreadable(lines, f"It is not valid CSV: {error}.")
        else:
            if cells:
                yield _Row(cells, lines.taken)


def _unreadable(lines: _Lines, reason: str) -> Rejected:
    lines.give_back_all_but_first()
    first = lines.taken[0]
    return Rejected(first.number, reason, first.text)


def _header_row(rows: Iterator[_Row | Rejected]) -> Sequence[str]:
    first = next(rows, None)
    if first is None:
        raise BadCallError(
            "The upload is empty: its first row must name the columns, unless the"
            " parameter headers does. Nothing was stored."
        )
    if isinstance(first, Rejected):
        raise BadCallError(f"Line {first.position}: {first.reason} Nothing was stored.")
    return first.cells


def _checked(headers: Sequence[str], append: dict[str, Any]) -> list[str]:
    names = [name.strip() for name in headers]
    try:
        check_names(names)
        check_names(append)
    except BadRecordError as error:
        raise BadCallError(f"The header: {error} Nothing was stored.") from error
    seen = set(append)
    for name in names:
        if name in seen:
            raise BadCallError(
                f'The column "{shown(name)}" is named twice. Nothing was stored.'
            )
        seen.add(name)
    return names


def _fields(cells: list[str], headers: list[str]) -> dict[str, Any]:
    if len(cells) != len(headers):
        raise BadRecordError(
            f"The row has {len(cells)} values, the header has {len(headers)}."
        )
    return {
        name: cell for name, cell in zip(headers, cells, strict=True) if cell.strip()
    }

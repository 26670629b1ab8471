"""Reading the records of a bulk upload of JSON lines: one object a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from segments.streams.call import Call
from segments.streams.json_body import check_text
from segments.streams.records import Record, Rejected, too_long
from segments.streams.upload import Line


def read_json_lines(lines: Iterable[Line], call: Call) -> Iterator[Record | Rejected]:
    """A record for each line that is not empty."""
    for line in lines:
        if line.is_cut:
            yield Rejected(line.number, too_long(call), line.text)
        elif text := line.text.strip():
            yield check_text(text, line.number, call)

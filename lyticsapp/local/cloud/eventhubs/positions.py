"""Where a receiver begins, by the filter of its source."""

from __future__ import annotations

import operator
import re
from typing import Any

from lyticsapp.local.cloud.eventhubs.codec import Described
from lyticsapp.local.cloud.eventhubs.errors import MalformedError
from lyticsapp.local.cloud.eventhubs.hub import Event, Partition
from lyticsapp.local.cloud.eventhubs.performatives import Source

SELECTOR = "apache.org:selector-filter:string"
PATTERN = re.compile(
    r"amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time) (>=?)"
    r" '(-?\d{1,19}|@latest)'"
)
LATEST = "@latest"


def first(source: Source, partition: Partition) -> int:
    """The sequence number of the first event that the receiver asks for."""
    selector = (source.filter or {}).get(SELECTOR)
    if selector is None:
        return 0
    field, sign, value = _parse(selector)
    if value == LATEST:
        return partition.next_sequence_number
    after = operator.ge if sign == ">=" else operator.gt
    for event in partition.events:
        if after(_field(event, field), int(value)):
            return event.sequence_number
    return partition.next_sequence_number


def _parse(selector: Any) -> tuple[str, str, str]:
    text = selector.value if isinstance(selector, Described) else selector
    text = text.decode() if isinstance(text, bytes) else str(text)
    found = PATTERN.fullmatch(text)
    if found is None:
        raise MalformedError(f"The filter {text!r} is not understood.")
    field, sign, value = found.groups()
    return field, sign, value


def _field(event: Event, name: str) -> int:
    return {
        "offset": event.offset,
        "sequence-number": event.sequence_number,
        "enqueued-time": event.enqueued_at_ms,
    }[name]

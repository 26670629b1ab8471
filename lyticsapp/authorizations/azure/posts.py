"""Events sent over HTTPS.

https://learn.microsoft.com/rest/api/eventhub/send-partition-event
https://learn.microsoft.com/rest/api/eventhub/send-batch-events
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote
from xml.sax.saxutils import unescape

import orjson

from lyticsapp.authorizations.azure.access import Access
from lyticsapp.authorizations.azure.events import (
    CONTENT_TYPE,
    Event,
    EventTooLargeError,
    NoPartitionError,
    refuse_late,
)
from lyticsapp.network import outgoing

BATCH_TYPE = "application/vnd.microsoft.servicebus.json"
# https://learn.microsoft.com/azure/event-hubs/event-hubs-quotas
LARGEST_SEND_BYTES = 1024 * 1024
LARGEST_BATCH_BYTES = 256 * 1024
"""What each tier takes: a batch that is too large would be refused as a whole."""
ANSWER_WITHIN_S = 10.0
_DETAIL = re.compile(r"<Detail>(.*?)</Detail>", re.DOTALL)


class AnswerError(Exception):
    """Events were answered otherwise than by 201 Created."""

    def __init__(self, answer: outgoing.Answer) -> None:
        detail = detail_of(answer)
        said = f"answered {answer.status}"
        super().__init__(f"{said}: {detail}" if detail else said)
        self.status = answer.status
        self.retry_after = answer.headers.get("Retry-After")


def send(
    access: Access,
    hub: str,
    partition_id: str,
    events: Sequence[Event],
    deadline: float,
) -> Sequence[Exception | None]:
    """Send to a partition, in order; what became of each, None where it arrived.

    Nothing is sent after the deadline, an instant of the monotonic clock.
    """
    came_of: list[Exception | None] = []
    url = f"{access.url}/{quote(hub, safe='')}/partitions/{partition_id}/messages"
    for entries in _batches([_entry(each) for each in events]):
        error: Exception | None = None
        try:
            _post(url, access.header(hub), entries, refuse_late(deadline))
        except Exception as raised:
            error = raised
        came_of += [error] * len(entries)
    return came_of


def detail_of(answer: outgoing.Answer) -> str:
    """What an error that is answered says in words; empty where it has none."""
    found = _DETAIL.search(answer.body.decode("utf-8", "replace"))
    return unescape(found[1]).strip() if found else ""


def _post(
    url: str, authorization: str, entries: Sequence[bytes], left_s: float
) -> None:
    body = b"[" + b",".join(entries) + b"]"
    if len(body) > LARGEST_SEND_BYTES:
        raise EventTooLargeError(LARGEST_SEND_BYTES)
    headers = {"Authorization": authorization, "Content-Type": BATCH_TYPE}
    timeout_s = min(left_s, ANSWER_WITHIN_S)
    answer = outgoing.request("POST", url, headers, body, timeout_s=timeout_s)
    if answer.status == http.client.NOT_FOUND:
        raise NoPartitionError(str(AnswerError(answer)))
    if answer.status != http.client.CREATED:
        raise AnswerError(answer)


def _batches(entries: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """The entries in their order, as many in a batch as it may hold."""
    batch: list[bytes] = []
    size = 0
    for entry in entries:
        if batch and size + len(entry) > LARGEST_BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += len(entry) + len(",")
    if batch:
        yield batch


def _entry(event: Event) -> bytes:
    """An event as an element of a batch, which has no properties but its own."""
    properties = {"message_id": event.id, "content_type": CONTENT_TYPE}
    return orjson.dumps({"Body": event.body.decode(), "UserProperties": properties})

"""Producers: what sends to an event hub, kept with its connections between sends.

There is one for each authorization, event hub and transport, for all threads of the
process. What it does is done in threads of its own, and not waited for beyond a
deadline: a producer that is late is given up, with its connections.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from typing import TypeVar

from lyticsapp.authorizations.azure import posts
from lyticsapp.authorizations.azure.access import Access
from lyticsapp.authorizations.azure.client import Client
from lyticsapp.authorizations.azure.events import Event, NoPartitionError, by_partition

MOST_KEPT = 64
KEPT_S = 600.0
"""After so long the partitions are looked up anew, by a new producer."""
THREADS = 8

Value = TypeVar("Value")
CameOf = Sequence[Exception | None]
"""What became of each event: None where it arrived."""


class Transport(StrEnum):
    """How an event hub is reached."""

    AMQP = "amqp"
    WEBSOCKETS = "amqp_websockets"
    HTTPS = "https"


class Producer:
    """Sends to one event hub; may be used by several threads."""

    def __init__(self, access: Access, hub: str, transport: Transport) -> None:
        over_websockets = transport is not Transport.AMQP
        self._client = Client(access, hub, over_websockets=over_websockets)
        self._send = self._client.send
        if transport is Transport.HTTPS:
            self._send = partial(posts.send, access, hub)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="event-hub")
        self._lock = threading.Lock()
        self._looked_up: Future[Sequence[str]] | None = None
        self._closing: Future[None] | None = None
        self.version = access.credentials.version
        self.made_at = time.monotonic()
        self.users = 0
        self.is_given_up = False

    def partition_ids(self, deadline: float) -> Sequence[str]:
        """The ids of the hub's partitions, looked up once.

        Raises what the client raises, and TimeoutError.
        """
        with self._lock:
            if self._looked_up is None:
                self._looked_up = self._threads.submit(self._client.partition_ids)
        try:
            return self._awaited(self._looked_up, deadline)
        except Exception:
            self.is_given_up = True
            raise

    def send(self, events: Sequence[Event], deadline: float) -> CameOf:
        """Send to several partitions at once; what became of each event.

        Raises what the lookup of the partitions raises.
        """
        places = by_partition(events, self.partition_ids(deadline))
        begun = {
            partition_id: self._threads.submit(
                self._send, partition_id, [events[place] for place in each], deadline
            )
            for partition_id, each in places.items()
        }
        came_of: list[Exception | None] = [None] * len(events)
        for partition_id, each in places.items():
            answers = self._answers(begun[partition_id], len(each), deadline)
            for place, error in zip(each, answers, strict=True):
                came_of[place] = error
        if any(isinstance(error, NoPartitionError) for error in came_of):
            self.is_given_up = True
        return came_of

    def end(self) -> bool:
        """End it: politely at first, by force when called again; whether it has."""
        if self._closing is None:
            self._closing = self._threads.submit(self._client.close)
            self._threads.shutdown(wait=False)
        else:
            self._client.cut()
        return self._closing.done()

    def _answers(self, sent: Future[CameOf], count: int, deadline: float) -> CameOf:
        try:
            return self._awaited(sent, deadline)
        except TimeoutError as error:
            return [error] * count

    def _awaited(self, future: Future[Value], deadline: float) -> Value:
        try:
            return future.result(max(deadline - time.monotonic(), 0))
        except TimeoutError:
            if not future.done():
                self.is_given_up = True
                self._client.cut()
            raise


class _Kept:
    """Producers by what they are made from; those used last where there are many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._producers: OrderedDict[Hashable, Producer] = OrderedDict()
        self._leaving: list[Producer] = []

    def take(
        self, key: Hashable, version: int, make: Callable[[], Producer]
    ) -> Producer:
        """The producer of a key, which is used until it is given back."""
        with self._lock:
            producer = self._producers.pop(key, None)
            if producer is not None and not _serves(producer, version):
                self._leaving.append(producer)
                producer = None
            if producer is None:
                producer = make()
            self._producers[key] = producer
            producer.users += 1
            while len(self._producers) > MOST_KEPT:
                self._leaving.append(self._producers.popitem(last=False)[1])
            return producer

    def give_back(self, producer: Producer) -> None:
        with self._lock:
            producer.users -= 1
            self._leaving = [
                each for each in self._leaving if each.users or not each.end()
            ]

    def end(self) -> None:
        """End all of them."""
        with self._lock:
            for each in (*self._leaving, *self._producers.values()):
                each.end()
            self._producers.clear()
            self._leaving.clear()


_kept = _Kept()


@contextmanager
def producer(access: Access, hub: str, transport: Transport) -> Iterator[Producer]:
    """The producer for an event hub, to use in the block."""
    credentials = access.credentials
    taken = _kept.take(
        (credentials.authorization_id, hub, transport),
        credentials.version,
        lambda: Producer(access, hub, transport),
    )
    try:
        yield taken
    finally:
        _kept.give_back(taken)


def end() -> None:
    """End every producer; the next send makes its own."""
    _kept.end()


def _serves(producer: Producer, version: int) -> bool:
    return (
        not producer.is_given_up
        and producer.version == version
        and time.monotonic() - producer.made_at < KEPT_S
    )

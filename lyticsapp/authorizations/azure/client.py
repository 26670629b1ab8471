"""The Azure SDK's own client for sending, as it is needed here.

It hardly tries again by itself, and its connections can be cut.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from azure.core.credentials import AccessToken
from azure.eventhub import (
    EventData,
    EventDataBatch,
    EventHubProducerClient,
    EventHubSharedKeyCredential,
    TransportType,
)
from azure.eventhub.exceptions import EventHubError

from lyticsapp.authorizations.azure import entra, namespace
from lyticsapp.authorizations.azure.access import Access
from lyticsapp.authorizations.azure.connections import Connections
from lyticsapp.authorizations.azure.events import (
    CONTENT_TYPE,
    Event,
    EventTooLargeError,
    NoHubError,
    NoPartitionError,
    refuse_late,
)
from lyticsapp.authorizations.credentials import Credentials

ANSWER_WITHIN_S = 6.0
"""How long a batch waits for its answer; the SDK sends it twice at the most."""
SOCKET_TIMEOUT_S = 1.0
NOT_FOUND = "not-found"
NO_PARTITION = frozenset({"argument-out-of-range", NOT_FOUND})
"""What a send to a partition is told where that is not there, or the whole hub."""


class Client:
    """Sends to the partitions of one event hub; may be used by several threads."""

    def __init__(self, access: Access, hub: str, *, over_websockets: bool) -> None:
        self._access = access
        self._connections = Connections()
        self._sdk = EventHubProducerClient(
            access.host,
            hub,
            _credential(access),
            transport_type=(
                TransportType.AmqpOverWebsocket
                if over_websockets
                else TransportType.Amqp
            ),
            custom_endpoint_address=access.url,
            use_tls=urlsplit(access.url).scheme == "https",
            ssl_context=ssl.create_default_context(),
            socket_timeout=SOCKET_TIMEOUT_S,
            auth_timeout=ANSWER_WITHIN_S,
            retry_total=0,
            retry_backoff_factor=0,
            amqp_transport=self._connections,
        )

    def partition_ids(self) -> Sequence[str]:
        """The ids of the hub's partitions, in the order they are hashed to.

        Raises NoHubError, EventHubError, TokenRefusedError, TokenUnreachableError, and
        ValueError where the namespace is at an address that is not connected to.
        """
        namespace.check(self._access.host)
        self._access.ask_for_token()
        try:
            self._sdk._get_partitions()  # unlike the public one, it also keeps them
        except EventHubError as error:
            if error.error == NOT_FOUND:
                raise NoHubError(self._access.host, self._sdk.eventhub_name) from error
            raise
        return self._sdk._partition_ids or ()

    def send(
        self, partition_id: str, events: Sequence[Event], deadline: float
    ) -> Sequence[Exception | None]:
        """Send to a partition, in order; what became of each, None where it arrived.

        Nothing is sent after the deadline, an instant of the monotonic clock.
        """
        came_of: list[Exception | None] = []
        while rest := events[len(came_of) :]:
            error: Exception | None = None
            taken = len(rest)
            try:
                self._access.ask_for_token()
                refuse_late(deadline)
                batch = self._sdk.create_batch(partition_id=partition_id)
                taken = _fill(batch, rest)
                self._sdk.send_batch(batch, timeout=ANSWER_WITHIN_S)
            except EventTooLargeError as raised:
                error, taken = raised, 1
            except EventHubError as raised:
                lacks = raised.error in NO_PARTITION
                error = NoPartitionError(str(raised)) if lacks else raised
            except Exception as raised:
                error = raised
            came_of += [error] * taken
        return came_of

    def close(self) -> None:
        """Close the connections; waits for what is being sent."""
        self._sdk.close()

    def cut(self) -> None:
        """End each connection at once, and make no more of them."""
        self._connections.cut()


class _ApplicationCredential:
    """What the SDK asks for a token: our own, which is shared with HTTPS."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        text, life_s = entra.lasting_token(self._credentials)
        return AccessToken(text, int(time.time() + life_s))


def _credential(
    access: Access,
) -> EventHubSharedKeyCredential | _ApplicationCredential:
    if access.is_by_application:
        return _ApplicationCredential(access.credentials)
    policy, key = access.policy_and_key
    return EventHubSharedKeyCredential(policy, key)


def _fill(batch: EventDataBatch, events: Sequence[Event]) -> int:
    """Put as many events into a batch as it takes; how many those are, at least one.

    Raises EventTooLargeError of the first.
    """
    for count, event in enumerate(events):
        try:
            batch.add(_data(event))
        except ValueError as error:
            if not count:
                raise EventTooLargeError(batch.max_size_in_bytes) from error
            return count
    return len(events)


def _data(event: Event) -> EventData:
    data = EventData(event.body)
    data.message_id = event.id
    data.content_type = CONTENT_TYPE
    return data

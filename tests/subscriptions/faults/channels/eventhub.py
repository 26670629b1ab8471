"""An event hub of four partitions at the local Event Hubs, by each transport."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.azure import producers
from lyticsapp.authorizations.azure.producers import Transport
from lyticsapp.local.cloud.eventhubs import rest
from lyticsapp.local.cloud.eventhubs.errors import (
    BusyError,
    DetachedError,
    DroppedError,
    EventHubsError,
    InternalError,
    UnauthorizedError,
)
from lyticsapp.local.cloud.eventhubs.hub import EventHub
from lyticsapp.local.cloud.eventhubs.namespace import Namespace
from lyticsapp.local.parts import HOST
from lyticsapp.network import outgoing
from subscriptions.channels import eventhub
from tests.local_hubs import LocalHubs
from tests.subscriptions.contract.channels.eventhub import Hub
from tests.subscriptions.contract.harness import Fixture
from tests.subscriptions.faults.harness import Destination
from tests.subscriptions.faults.schedule import Fault, Schedule, Strike
from tests.subscriptions.faults.server import (
    SLOW_S,
    Answer,
    Beyond,
    Misbehaving,
    Request,
)

WAYS = tuple(each.value for each in Transport)
FAULTS = tuple(set(Fault) - {Fault.PARTIAL})
MOST_SENDS = 2
"""The SDK sends again at once what was not answered, and so do idle connections."""
BUSY = "The entity is being throttled. Please wait 4 seconds and try again."
ERRORS: dict[Fault, EventHubsError] = {
    Fault.ERROR: InternalError("made up"),
    Fault.UNAVAILABLE: BusyError("made up"),
    Fault.THROTTLE: BusyError(BUSY),
    Fault.EXPIRED: UnauthorizedError("ExpiredToken: The token is expired."),
}
WITHIN_S = 0.8


class OverHttps:
    """Passes sends on; tells of errors as Event Hubs does."""

    def __init__(self, hubs: LocalHubs) -> None:
        self._beyond = Beyond(HOST, hubs.port)

    def sends(self, request: Request) -> bool:
        return request.path.endswith("/messages")

    def take(self, request: Request) -> Answer:
        return self._beyond.answer(request)

    def take_some(self, request: Request, strike: Strike) -> Answer:
        raise AssertionError("a batch is taken as a whole")

    def refusal(self, strike: Strike) -> Answer:
        told = rest.refusal(ERRORS[strike.fault])
        return Answer(told.status, {"Content-Type": told.content_type}, told.body)


@contextmanager
def destination(
    way: str, schedule: Schedule, account: Account, fixture: Fixture
) -> Iterator[Destination]:
    hubs: LocalHubs = fixture("hubs")
    hubs.reset()
    by_https = way == Transport.HTTPS
    beyond = (HOST, hubs.port)
    with (
        Misbehaving(OverHttps(hubs), schedule, beyond=beyond) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(eventhub, "SENT_WITHIN_S", WITHIN_S)
        if by_https:
            patch.setattr(hubs, "port", int(server.url.rpartition(":")[2]))
            fixture("settings").AZURE_ENDPOINTS = [server.url]
        else:
            patch.setattr(Namespace, "send", _misbehaving(schedule, Namespace.send))
        hub = Hub(hubs, account)
        config = {**hub.config, "transport": way}
        yield Destination(
            config, hub.authorization, hub.received, most_sends=MOST_SENDS
        )
        producers.end()
        outgoing.close_idle()


def _misbehaving(schedule: Schedule, send):
    """What takes the sends over AMQP, and does so not quite."""

    async def misbehaving(
        self: Namespace, hub: EventHub, contents: Sequence[bytes], **where: str | None
    ) -> None:
        strike = schedule.next()
        match strike.fault:
            case Fault.RESET | Fault.GATEWAY:
                raise DroppedError
            case Fault.DETACH:
                raise DetachedError("made up")
            case Fault.SILENT:
                await asyncio.sleep(2 * WITHIN_S)
                raise DroppedError
            case fault if fault in ERRORS:
                raise ERRORS[fault]
        await send(self, hub, contents, **where)
        match strike.fault:
            case Fault.FORGET | Fault.CUT:
                raise DroppedError
            case Fault.LATE:
                await asyncio.sleep(2 * WITHIN_S)
            case Fault.SLOW:
                await asyncio.sleep(SLOW_S)

    return misbehaving

"""A receiver of webhooks: of single ones, and of batches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import pytest

from lyticsapp.accounts.models import Account
from lyticsapp.network import outgoing
from subscriptions.channels import webhook
from tests.subscriptions.contract.harness import Body, Fixture
from tests.subscriptions.faults.harness import Destination
from tests.subscriptions.faults.schedule import Fault, Schedule, Strike
from tests.subscriptions.faults.server import Answer, Misbehaving, Request

WAYS = ("single", "batches")
FAULTS = tuple(set(Fault) - {Fault.DETACH, Fault.PARTIAL})
MOST_SENDS = 2
"""A connection that ends is taken for one that was closed while it lay idle."""
STATUSES = {
    Fault.ERROR: 500,
    Fault.UNAVAILABLE: 503,
    Fault.THROTTLE: 429,
    Fault.EXPIRED: 401,
}
WITHIN_S = 0.4


class Receiver:
    """Keeps what it takes."""

    def __init__(self) -> None:
        self._taken: list[Request] = []

    def received(self) -> list[Body]:
        return [body for each in self._taken for body in _bodies(each)]

    def sends(self, request: Request) -> bool:
        return True

    def take(self, request: Request) -> Answer:
        self._taken.append(request)
        return Answer(200, body=b"thanks")

    def take_some(self, request: Request, strike: Strike) -> Answer:
        raise AssertionError("one answer counts for all of a batch")

    def refusal(self, strike: Strike) -> Answer:
        asks = strike.fault is Fault.THROTTLE or strike.abruptly
        headers = {"Retry-After": "7"} if asks else {}
        return Answer(STATUSES[strike.fault], headers)


def _bodies(request: Request) -> list[Body]:
    """Those of a request; a single one has its id among the headers, too."""
    found = orjson.loads(request.body)
    if isinstance(found, list):
        return found
    assert request.headers["webhook-id"] == found["meta"]["id"]
    return [found]


@contextmanager
def destination(
    way: str, schedule: Schedule, account: Account, fixture: Fixture
) -> Iterator[Destination]:
    receiver = Receiver()
    batches = {"batch_requests": True, "batch_size": 4} if way == "batches" else {}
    with (
        Misbehaving(receiver, schedule) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(webhook, "TIMEOUT_S", WITHIN_S)
        config = {"webhook_url": f"{server.url}/hook", **batches}
        yield Destination(config, None, receiver.received, most_sends=MOST_SENDS)
        outgoing.close_idle()

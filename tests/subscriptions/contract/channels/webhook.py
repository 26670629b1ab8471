"""A receiver of webhooks that can be told what to answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lyticsapp.accounts.models import Account
from tests.subscriptions.contract.harness import Body, Fixture
from tests.subscriptions.inbox import Arrival, Inbox, Reply


class Receiver:
    """An inbox that answers each request with the same status."""

    authorization = None
    missing = "401"

    def __init__(self) -> None:
        self._status = 200
        self._taken: list[Body] = []
        self.inbox = Inbox(self._answer)
        self.config = {
            "webhook_url": self.inbox.url,
            "headers": {"Authorization": "hush-hush"},
        }

    def received(self) -> list[Body]:
        return list(self._taken)

    def break_credentials(self) -> None:
        self._status = 401

    def take_away(self) -> None:
        self._status = 410

    def mend(self) -> None:
        self._status = 200

    def _answer(self, arrival: Arrival) -> Reply:
        if self._status == 200 and arrival.method == "POST":
            self._taken.append(arrival.json)
        return Reply(self._status)


@contextmanager
def harness(account: Account, fixture: Fixture) -> Iterator[Receiver]:
    receiver = Receiver()
    with receiver.inbox:
        yield receiver

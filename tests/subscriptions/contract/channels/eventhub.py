"""An event hub of four partitions at the local Event Hubs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import orjson

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from lyticsapp.authorizations import lifecycle
from lyticsapp.authorizations.lifecycle import Wanted
from tests.local_hubs import HUB, SENDER, LocalHubs
from tests.subscriptions.contract.harness import Body, Fixture


class Hub:
    """Made anew when it is mended, after it was deleted; it keeps what it has had."""

    missing = "Send"

    def __init__(self, hubs: LocalHubs, account: Account) -> None:
        self._hubs = hubs
        self._before: list[Body] = []
        self._is_there = True
        settings = {"connection_string": hubs.connection_string(SENDER)}
        wanted = Wanted(label="Ours", settings=settings)
        self.authorization = lifecycle.create(
            account, "azure", "connection_string", wanted, SYSTEM
        )
        self.config = {"event_hub": HUB}

    def received(self) -> list[Body]:
        return self._before + self._events() if self._is_there else list(self._before)

    def break_credentials(self) -> None:
        self._hubs.set_policy(replace(SENDER, key="another-key"))

    def take_away(self) -> None:
        self._before += self._events()
        self._hubs.delete_hub(HUB)
        self._is_there = False

    def mend(self) -> None:
        self._hubs.set_policy(SENDER)
        self._hubs.create_hub(HUB)
        self._is_there = True

    def _events(self) -> list[Body]:
        """Partition by partition: all of a user are in the same one."""
        partitions = self._hubs.bodies().values()
        return [orjson.loads(body) for bodies in partitions for body in bodies]


@contextmanager
def harness(account: Account, fixture: Fixture) -> Iterator[Hub]:
    hub = Hub(fixture("hubs"), account)
    try:
        yield hub
    finally:
        hub.mend()

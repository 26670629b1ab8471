"""A history of users, told to a destination while the time is moved on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import time_machine
from django.db.models import QuerySet
from django.utils import timezone

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from lyticsapp.jobs.models import JobState
from segments.pipeline.triggers import ProfileUpdate
from subscriptions import lifecycle
from subscriptions.models import Delivery
from tests.subscriptions.contract.harness import Fixture
from tests.subscriptions.faults.harness import Destination, modules
from tests.subscriptions.faults.schedule import Schedule
from tests.subscriptions.making import make_segment, moved, send_all, subscribe, write

FEW_ROUNDS = 10
MOST_ROUNDS = 400
LONGER_THAN_A_BATCH_FILLS = timedelta(minutes=1)
A_MOMENT = timedelta(milliseconds=1)


class History:
    """Of one account, with one segment and a subscription to it."""

    def __init__(self, key: str, account: Account, destination: Destination) -> None:
        self.destination = destination
        self._account = account
        self._segment = make_segment(account)
        self._inside: set[int] = set()
        self._now = timezone.now() + LONGER_THAN_A_BATCH_FILLS
        self.subscription = subscribe(
            account,
            [self._segment],
            key,
            destination.config,
            destination.authorization,
        )

    @property
    def is_paused(self) -> bool:
        self.subscription.job.refresh_from_db()
        return self.subscription.job.state == JobState.PAUSED

    def write(self, users: Iterable[int]) -> None:
        """Each in turn enters who is not inside, and leaves who is."""
        write(self._account, [self._step(user) for user in users])

    def send(self) -> None:
        """Send what is due, and move the time to when more will be."""
        with time_machine.travel(self._now):
            send_all(self.subscription)
            self.subscription.refresh_from_db()
            moments = [timezone.now(), self.subscription.held_until, self._next_due()]
        self._now = max(filter(None, moments)) + A_MOMENT

    def mend(self) -> None:
        """Have it go on where it was paused."""
        if self.is_paused:
            lifecycle.resume(self.subscription, SYSTEM)

    def send_until_paused(self) -> None:
        """Several times, as on a busy machine nothing may be answered in time."""
        for _ in range(FEW_ROUNDS):
            self.send()
            if self.is_paused:
                return
        raise AssertionError("it is never paused")

    def send_the_rest(self) -> None:
        """Send and mend until nothing waits."""
        for _ in range(MOST_ROUNDS):
            if not self._waiting().exists():
                return
            self.mend()
            self.send()
        raise AssertionError("there is always something that waits")

    def _step(self, user: int) -> ProfileUpdate:
        event = "exit" if user in self._inside else "enter"
        self._inside ^= {user}
        return moved(self._segment, event, user)

    def _next_due(self) -> datetime | None:
        first = self._waiting().order_by("next_attempt_at").first()
        return first and first.next_attempt_at

    def _waiting(self) -> QuerySet[Delivery]:
        rows = Delivery.objects.for_account(self._account)
        return rows.filter(subscription=self.subscription, state="pending")


@contextmanager
def history(
    key: str, way: str, schedule: Schedule, fixture: Fixture
) -> Iterator[History]:
    """To a destination that goes wrong as the schedule says."""
    account = Account.objects.create(name="Own")
    make = modules()[key].destination
    with make(way, schedule, account, fixture) as destination:
        yield History(key, account, destination)

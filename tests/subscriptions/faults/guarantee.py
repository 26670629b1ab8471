"""What `docs/delivery.md` promises of what arrives, whatever has gone wrong."""

from __future__ import annotations

from collections import Counter, defaultdict

from subscriptions.models import Attempt, Delivery, Subscription
from tests.subscriptions.contract.harness import Body
from tests.subscriptions.faults.harness import Destination
from tests.subscriptions.making import deliveries


def check(subscription: Subscription, destination: Destination) -> None:
    """All of it, of a subscription of which nothing waits any more."""
    sent = deliveries(subscription)
    bodies = destination.received()
    assert {each.state for each in sent} <= {"delivered"}, "something was given up"
    _check_ids(sent, bodies)
    _check_order(bodies)
    _check_repeats(subscription, destination, bodies)


def _check_ids(sent: list[Delivery], bodies: list[Body]) -> None:
    """Each has arrived, under its own id, and is the same whenever it arrives."""
    written = {str(each.message_id): each for each in sent}
    assert set(written) == {body["meta"]["id"] for body in bodies}, "lost, or made up"
    for body in bodies:
        each = written[body["meta"]["id"]]
        assert body == each.payload
        assert body["meta"]["sequence"] == each.id


def _check_order(bodies: list[Body]) -> None:
    """Nothing arrives about a user after something later: a repeat neither."""
    numbers = defaultdict(list)
    for body in bodies:
        numbers[body["data"]["user_id"]].append(body["meta"]["sequence"])
    for each in numbers.values():
        assert each == sorted(each), "the order of a user was not kept"


def _check_repeats(
    subscription: Subscription, destination: Destination, bodies: list[Body]
) -> None:
    """Only what was not answered arrives again: what was refused has not arrived."""
    failed = Attempt.objects.for_account(subscription.account_id).filter(
        delivery__subscription=subscription, outcome="failed"
    )
    assert not failed.filter(error__startswith="unexpected").exists(), "not known"
    unanswered = failed.exclude(error__contains="answered")
    tries = Counter(
        str(each) for each in unanswered.values_list("delivery__message_id", flat=True)
    )
    for message_id, arrived in Counter(body["meta"]["id"] for body in bodies).items():
        most = destination.most_sends * (1 + tries[message_id])
        assert arrived <= (1 if destination.takes_once else most), "sent without need"

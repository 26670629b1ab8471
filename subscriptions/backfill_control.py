"""Steering the backfill of a subscription: pausing, resuming, cancelling, beginning anew.

While it is paused, live messages are written as ever, and a member of whom it has not
told yet and who leaves is told of with an enter and an exit. One that is cancelled
leaves those it has not come to as if there had been none.

Whatever begins anew tells nobody twice: the destination is told only what the ledger
says that it does not know.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from segments.definitions import lock
from subscriptions import backfill, hints, lifecycle
from subscriptions.common_settings import BACKFILL_RATE_LIMIT, BACKFILL_SAMPLE
from subscriptions.errors import BackfillStateError
from subscriptions.models import Backfill, BackfillState, Subscription
from subscriptions.request import Wanted

OPEN = (BackfillState.GOING, BackfillState.PAUSED)


def begin(subscription: Subscription, actor: Actor, *, is_sample: bool) -> None:
    """Tell of the members, or of a sample of them: of those who are not known.

    Raises BackfillStateError, and what `lifecycle.update` does.
    """
    with lock.exclusive(subscription.account_id):
        if backfill.is_open(subscription):
            raise BackfillStateError(
                "Its existing users are being told of: cancel that first."
            )
        wanted = Wanted(withbackfill=True, settings={BACKFILL_SAMPLE.name: is_sample})
        lifecycle.update(subscription, wanted, actor)
        if not backfill.is_open(subscription):
            backfill.start(subscription)
        _record("backfill", subscription, actor)


def pause(subscription: Subscription, actor: Actor) -> None:
    """Write no more of it until it is resumed; raises BackfillStateError."""
    with transaction.atomic():
        found = _steered(subscription, "paused", BackfillState.GOING)
        _save(found, paused_at=timezone.now())
        _record("pause backfill", subscription, actor)


def resume(subscription: Subscription, actor: Actor) -> None:
    """Go on where it was; raises BackfillStateError."""
    with transaction.atomic():
        found = _steered(subscription, "resumed", BackfillState.PAUSED)
        _save(found, paused_at=None)
        backfill.measure_anew(subscription)
        _record("resume backfill", subscription, actor)
    transaction.on_commit(lambda: hints.hint_backfill(subscription.pk))


def cancel(subscription: Subscription, actor: Actor) -> None:
    """Write no more of it; what it has written is sent. Raises BackfillStateError."""
    with lock.exclusive(subscription.account_id):
        found = _steered(subscription, "cancelled", *OPEN)
        _save(found, paused_at=None, ended_at=timezone.now(), is_cancelled=True)
        _record("cancel backfill", subscription, actor)


def set_rate_limit(
    subscription: Subscription, per_second: int | None, actor: Actor
) -> None:
    """At most so many of its messages a second from now on; None for any number.

    It is a setting of the subscription. Raises what `lifecycle.update` does.
    """
    settings = {BACKFILL_RATE_LIMIT.name: per_second}
    lifecycle.update(subscription, Wanted(settings=settings), actor)


def _steered(subscription: Subscription, done: str, *states: BackfillState) -> Backfill:
    """The backfill, for this transaction alone, where it is in one of the states."""
    found: Backfill | None = (
        Backfill.objects.for_account(subscription.account_id)
        .select_for_update()
        .filter(subscription=subscription)
        .first()
    )
    if found is None:
        raise BackfillStateError("It has no backfill: begin one first.")
    if found.state not in states:
        raise BackfillStateError(
            f"The backfill cannot be {done}: it is {found.state.label.lower()}."
        )
    return found


def _save(found: Backfill, **values: Any) -> None:
    for name, value in values.items():
        setattr(found, name, value)
    found.save(update_fields=[*values])


def _record(action: str, subscription: Subscription, actor: Actor) -> None:
    audit.record(
        account=subscription.account,
        action=action,
        obj=subscription,
        user=actor.user,
        token=actor.token,
    )

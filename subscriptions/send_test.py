"""Sending a test: a sample of the real message, at once and outside the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from lyticsapp.authorizations.encryption import DecryptionError
from subscriptions import destination, sample, sending
from subscriptions.errors import NotSentError
from subscriptions.models import Subscription
from subscriptions.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Tested:
    """The message that was sent, and what came of it."""

    message: dict[str, Any]
    outcome: Outcome


def send(subscription: Subscription, actor: Actor) -> Tested:
    """Send a sample message now; it counts neither as a failure nor as a success.

    It is sent also while the subscription is paused or its destination left alone.
    Raises NotSentError where nothing could be sent.
    """
    message = sample.of_subscription(subscription)
    try:
        target = destination.as_saved(subscription)
    except DecryptionError as error:
        raise NotSentError(str(error)) from error
    (outcome,) = sending.send([message], target)
    audit.record(
        account=subscription.account,
        action="test",
        obj=subscription,
        changes={"outcome": outcome.verdict.name},
        user=actor.user,
        token=actor.token,
    )
    return Tested(message.content, outcome)

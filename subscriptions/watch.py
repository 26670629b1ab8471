"""Destinations that fail: told of, paused in the end, and gone on with when mended.

- *Failing*: it has failed, with no message delivered in between, for FAILING_AFTER;
  or half of the tries of this hour and the one before failed, of FEWEST_TRIES or more.
- *Stopped*: it refuses everything, or has failed for STOP_AFTER. Its job is paused
  before any message is given up, and keeps all of them. It goes on when somebody
  resumes it; by itself, when its settings or its authorization are changed, or a
  connection test of that passes.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.alerts import kinds
from lyticsapp.alerts.agreement import Finding, agree
from lyticsapp.alerts.kinds import AlertKind
from lyticsapp.alerts.lifecycle import Subject
from lyticsapp.alerts.models import Severity
from lyticsapp.authorizations.models import Health
from lyticsapp.jobs.errors import TransitionError
from lyticsapp.jobs.models import LIVE, JobState
from subscriptions import destination, hours, lifecycle
from subscriptions.models import DeliveryHour, Subscription

FAILING_AFTER = timedelta(minutes=15)
STOP_AFTER = timedelta(days=2)
FAILING_SHARE = 0.5
FEWEST_TRIES = 20

FAILING = kinds.register(
    AlertKind(
        name="delivery_failing",
        title="Destination failing",
        meaning="Every try to deliver to a destination has failed for 15 minutes, or "
        "half of at least 20 tries of this hour and the one before. It is over when "
        "neither is so, or the job is paused or deleted.",
    )
)
STOPPED = kinds.register(
    AlertKind(
        name="delivery_stopped",
        title="Destination stopped",
        meaning="A destination refuses everything, as with wrong credentials or when "
        "the receiver is gone, or has failed for two days. Its job is paused and keeps "
        "all messages. It is over when the job is resumed or deleted.",
    )
)


def check() -> None:
    """Pause what has failed for too long, and raise and clear the alerts."""
    now = timezone.now()
    for subscription in _failing_since(now - STOP_AFTER):
        destination.stop(
            subscription.pk,
            "every try has failed for two days. Mend the destination, then resume.",
        )
    agree(
        FAILING,
        Severity.WARNING,
        _findings(
            _failing_since(now - FAILING_AFTER) | _often_failing(now),
            "cannot be delivered to",
            "Messages are kept, and tried again ever more slowly.",
        ),
    )
    agree(
        STOPPED,
        Severity.CRITICAL,
        _findings(_stopped(), "is paused", "Messages are kept until it is resumed."),
    )


def resume_mended() -> None:
    """Have those go on that were stopped, and of which something was mended since."""
    changed = Q(updated_at__gt=F("stopped_at"))
    authorized = Q(job__authorization__updated_at__gt=F("stopped_at"))
    tested = Q(
        job__authorization__tested_at__gt=F("stopped_at"),
        job__authorization__health=Health.HEALTHY,
    )
    for subscription in _stopped().filter(changed | authorized | tested):
        with suppress(TransitionError):  # somebody has steered it in the meantime
            lifecycle.resume(subscription, SYSTEM)


def _failing_since(instant: datetime) -> QuerySet[Subscription]:
    return _live().filter(failing_since__lt=instant)


def _often_failing(now: datetime) -> QuerySet[Subscription]:
    this = now.replace(minute=0, second=0, microsecond=0)
    tries = F("delivered__sum") + F("failed__sum")
    often = (
        DeliveryHour.across_accounts.filter(hour__gte=this - hours.HOUR)
        .values("subscription")
        .annotate(Sum("delivered"), Sum("failed"))
        .annotate(tries=tries)
        .filter(tries__gte=FEWEST_TRIES, failed__sum__gte=FAILING_SHARE * tries)
    )
    return _live().filter(pk__in=often.values("subscription"))


def _live() -> QuerySet[Subscription]:
    found: QuerySet[Subscription] = Subscription.across_accounts.filter(
        job__state__in=LIVE
    )
    return found.select_related("account", "job").defer("secrets", "job__secrets")


def _stopped() -> QuerySet[Subscription]:
    found: QuerySet[Subscription] = Subscription.across_accounts.filter(
        stopped_at__isnull=False, job__state=JobState.PAUSED
    )
    return found.select_related("account", "job").defer("secrets", "job__secrets")


def _findings(
    subscriptions: Iterable[Subscription], what: str, consequence: str
) -> list[Finding]:
    page = "admin:subscriptions_subscription_change"
    return [
        Finding(
            account=each.account,
            subject=Subject(
                key=each.public_id, label=str(each), url=reverse(page, args=[each.pk])
            ),
            title=f"Subscription “{each}” {what}",
            text=f"{_reason(each)} {consequence}".strip(),
        )
        for each in subscriptions
    ]


def _reason(subscription: Subscription) -> str:
    reason = subscription.job.state_reason
    if reason:
        return reason if reason.endswith(".") else f"{reason}."
    if not subscription.failures_in_a_row:
        return "Half of its tries fail, or more."
    return f"It has failed {subscription.failures_in_a_row} times in a row."

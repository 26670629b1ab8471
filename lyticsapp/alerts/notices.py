"""Sending notices: each once, tried again for a while where that fails.

One process at a time sends those of a channel. A notice is taken by moving its next
attempt behind the longest time that sending can take, so that one whose sender was
killed is found again. Of one alert and recipient, a later notice waits for the earlier.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce
from django.utils import timezone

from lyticsapp.alerts import mail, webhook
from lyticsapp.alerts.errors import NotSentError
from lyticsapp.alerts.models import Channel, Notice

LOCK_CLASS = 0x5A1  # the first key of PostgreSQL's two-key advisory locks
LEASE_S = 60.0
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 3600.0
JITTER = 0.2
GIVE_UP_AFTER = 20
"""Tries; the waits between them add up to about ten hours."""
SLICE_S = 20.0

_SENDERS = {Channel.MAIL: mail.send, Channel.WEBHOOK: webhook.send}
_LANES = {channel: lane for lane, channel in enumerate(Channel)}

log = structlog.get_logger(__name__)


def send_due(channel: Channel) -> int:
    """Send what is due on a channel, for a while; how many were tried."""
    tried = 0
    ends_at = time.monotonic() + SLICE_S
    with _alone(channel) as alone:
        while alone and time.monotonic() < ends_at:
            notice = _take(channel)
            if notice is None:
                break
            _try(notice)
            tried += 1
    return tried


def wait_s(failures: int) -> float:
    """How long a notice waits after so many failures, a fifth more or less."""
    wait = min(FIRST_WAIT_S * 2.0 ** (failures - 1), LONGEST_WAIT_S)
    return wait * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311


@transaction.atomic
def _take(channel: Channel) -> Notice | None:
    now = timezone.now()
    waiting = Notice.across_accounts.filter(sent_at=None, gave_up_at=None)
    earlier = waiting.alias(to=Coalesce("member", 0)).filter(
        alert=OuterRef("alert"),
        channel=OuterRef("channel"),
        to=Coalesce(OuterRef("member"), 0),
        pk__lt=OuterRef("pk"),
    )
    notice: Notice | None = (
        waiting.filter(~Exists(earlier), channel=channel, next_attempt_at__lte=now)
        .select_related("alert__account", "member__user")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("next_attempt_at", "pk")
        .first()
    )
    if notice is not None:
        notice.attempts += 1
        notice.next_attempt_at = now + timedelta(seconds=LEASE_S)
        notice.save(update_fields=["attempts", "next_attempt_at"])
    return notice


def _try(notice: Notice) -> None:
    try:
        _SENDERS[Channel(notice.channel)](notice)
    except NotSentError as error:
        _note_failure(notice, str(error))
        return
    notice.sent_at, notice.error = timezone.now(), ""
    notice.save(update_fields=["sent_at", "error"])


def _note_failure(notice: Notice, reason: str) -> None:
    now = timezone.now()
    notice.error = reason
    if notice.attempts >= GIVE_UP_AFTER:
        notice.gave_up_at = now
    else:
        notice.next_attempt_at = now + timedelta(seconds=wait_s(notice.attempts))
    notice.save(update_fields=["error", "gave_up_at", "next_attempt_at"])
    log.warning(
        "alert_notice_not_sent",
        notice=notice.pk,
        channel=notice.channel,
        attempts=notice.attempts,
        gave_up=notice.gave_up_at is not None,
        reason=reason,
    )


@contextmanager
def _alone(channel: Channel) -> Iterator[bool]:
    """Whether nobody else sends on the channel until the block ends."""
    key = (LOCK_CLASS, _LANES[channel])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        alone = bool(cursor.fetchone()[0])
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)

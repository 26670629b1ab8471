"""Raising, clearing and acknowledging alerts.

Whoever watches something calls `raise_alert` and `clear` as often as it looks: an
alert that is open is not raised again, and one that is not open cannot be cleared.
Each change that matters writes, in its own transaction, the notices that tell of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.models import Account, Member, Role
from lyticsapp.alerts import kinds
from lyticsapp.alerts.models import (
    LABEL_LENGTH,
    Alert,
    Channel,
    Happening,
    Notice,
    Severity,
)
from lyticsapp.masking import without_secrets


@dataclass(frozen=True, slots=True)
class Subject:
    """What an alert is about: its key among those of the kind, and how it is shown."""

    key: str
    label: str
    url: str = ""
    """Its page in the admin, as a path."""


@transaction.atomic
def raise_alert(
    account: Account,
    kind: str,
    subject: Subject,
    *,
    title: str,
    text: str,
    severity: Severity = Severity.WARNING,
) -> Alert:
    """Open an alert, or bring the open one up to date without telling again."""
    shown = {
        "subject_label": _short(subject.label),
        "subject_url": subject.url,
        "title": _short(title),
        "text": without_secrets(text),
        "severity": Severity(severity),
    }
    alert: Alert
    alert, is_new = Alert.objects.for_account(account).get_or_create(
        account=account,
        kind=kinds.get(kind).name,
        subject_key=subject.key,
        cleared_at=None,
        defaults=shown,
    )
    if is_new:
        _tell(alert, Happening.RAISED)
    elif any(getattr(alert, field) != value for field, value in shown.items()):
        Alert.objects.for_account(account).filter(pk=alert.pk).update(**shown)
        alert.refresh_from_db()
    return alert


@transaction.atomic
def clear(account: Account, kind: str, subject_key: str) -> bool:
    """Close the open alert of this subject; whether there was one."""
    alert: Alert | None = (
        Alert.objects.for_account(account)
        .filter(kind=kind, subject_key=subject_key, cleared_at=None)
        .select_for_update()
        .first()
    )
    if alert is None:
        return False
    alert.cleared_at = timezone.now()
    alert.save(update_fields=["cleared_at"])
    _tell(alert, Happening.CLEARED)
    return True


@transaction.atomic
def acknowledge(alert: Alert, actor: Actor) -> bool:
    """Note that somebody looks after it; whether nobody did before."""
    taken = (
        Alert.objects.for_account(alert.account_id)
        .filter(pk=alert.pk, acknowledged_at=None, cleared_at=None)
        .update(acknowledged_at=timezone.now(), acknowledged_by=actor.user)
    )
    if taken:
        audit.record(
            account=alert.account,
            action="acknowledge",
            obj=alert,
            user=actor.user,
            token=actor.token,
        )
    return bool(taken)


def open_subjects(kind: str) -> set[tuple[int, str]]:
    """The account and subject of each open alert of a kind, for who watches it."""
    open_ones = Alert.across_accounts.filter(kind=kind, cleared_at=None)
    return set(open_ones.values_list("account_id", "subject_key"))


def _tell(alert: Alert, happening: Happening) -> None:
    """Write the notices: to each admin, and to the operations webhook if there is one."""
    admins = Member.objects.for_account(alert.account_id).filter(
        role=Role.ADMIN, user__is_active=True
    )
    to: list[tuple[Channel, Member | None]] = [(Channel.MAIL, one) for one in admins]
    if settings.OPERATIONS_WEBHOOK_URL:
        to.append((Channel.WEBHOOK, None))
    Notice.across_accounts.bulk_create(
        Notice(
            account_id=alert.account_id,
            alert=alert,
            happening=happening,
            channel=channel,
            member=member,
        )
        for channel, member in to
    )


def _short(text: str) -> str:
    return without_secrets(text)[:LABEL_LENGTH]

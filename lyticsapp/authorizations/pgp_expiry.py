"""Alerts about PGP keys that expire soon."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from lyticsapp.accounts.models import Account
from lyticsapp.alerts import kinds, lifecycle
from lyticsapp.alerts.kinds import AlertKind
from lyticsapp.alerts.lifecycle import Subject
from lyticsapp.alerts.models import Severity
from lyticsapp.authorizations import pgp
from lyticsapp.authorizations.models import Authorization

WARNED_AHEAD = timedelta(days=30)
KIND = kinds.register(
    AlertKind(
        name="pgp_key_expires",
        title="PGP key expires",
        meaning="The PGP key of an authorization expires within 30 days, or has "
        "expired; looked at every day. It is over when another key is entered, or the "
        "authorization is deleted.",
    )
)


def check() -> None:
    """Raise and clear the alerts of all authorizations with a key that expires."""
    soon = timezone.now() + WARNED_AHEAD
    expiring = set()
    rows = Authorization.across_accounts.filter(found__has_key=pgp.EXPIRES_AT)
    for row in rows.defer("secrets").select_related("account").iterator():
        expires_at = pgp.expiry_of(row)
        if expires_at is not None and expires_at <= soon:
            expiring.add((row.account_id, row.public_id))
            _raise(row, expires_at)
    over = lifecycle.open_subjects(KIND.name) - expiring
    accounts = Account.objects.in_bulk({account_id for account_id, _ in over})
    for account_id, key in over:
        lifecycle.clear(accounts[account_id], KIND.name, key)


def _raise(authorization: Authorization, expires_at: datetime) -> None:
    is_over = expires_at <= timezone.now()
    lifecycle.raise_alert(
        authorization.account,
        KIND.name,
        subject_of(authorization),
        title=f"PGP key of “{authorization.label}” "
        + ("has expired" if is_over else "expires soon"),
        text=f"The PGP key of the authorization “{authorization.label}” "
        f"{'expired' if is_over else 'expires'} on {expires_at:%Y-%m-%d}. Extend it, "
        "and enter it or another one.",
        severity=Severity.CRITICAL if is_over else Severity.WARNING,
    )


def subject_of(authorization: Authorization) -> Subject:
    """The authorization as alerts are about it."""
    url = reverse("admin:authorizations_authorization_change", args=[authorization.pk])
    return Subject(key=authorization.public_id, label=authorization.label, url=url)

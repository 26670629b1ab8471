"""Whether authorizations still work: looked at every day, and told when one breaks."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from lyticsapp.accounts.models import Account
from lyticsapp.alerts import kinds, lifecycle
from lyticsapp.alerts.kinds import AlertKind
from lyticsapp.alerts.models import Severity
from lyticsapp.authorizations import connection_test
from lyticsapp.authorizations.models import Authorization, Health
from lyticsapp.authorizations.pgp_expiry import subject_of
from lyticsapp.authorizations.step import Outcome

EVERY = timedelta(days=1)
ROUNDS = 72
"""In how many rounds all are tested at least, where all are due at once."""
FEW = 10
KIND = kinds.register(
    AlertKind(
        name="authorization_broken",
        title="Authorization broken",
        meaning="The connection test that is made of every authorization each day has "
        "failed. It is over when a test passes again, or the authorization is deleted.",
    )
)


def due(now: datetime) -> list[int]:
    """Those to be tested now, the longest not tested first; a part of all."""
    waiting = Authorization.across_accounts.filter(
        Q(tested_at=None) | Q(tested_at__lt=now - EVERY)
    )
    most = Authorization.across_accounts.count() // ROUNDS + FEW
    ordered = waiting.order_by("tested_at", "pk").values_list("pk", flat=True)
    return list(ordered[:most])


def test(authorization: Authorization) -> Authorization:
    """Test one that somebody looks at; tells of it only when it is mended."""
    tested = connection_test.run(authorization)
    if tested.health == Health.HEALTHY:
        _clear(tested)
    return tested


def watch(pk: int) -> None:
    """Test one, where it is due, and raise or clear its alert."""
    rows: QuerySet[Authorization] = Authorization.across_accounts.select_related(
        "account"
    )
    authorization = rows.defer("secrets").filter(pk=pk).first()
    if authorization is None or not _is_due(authorization, timezone.now()):
        return
    tested = connection_test.run(authorization)
    if tested.health == Health.UNHEALTHY:
        _raise(tested)
    elif tested.health == Health.HEALTHY:
        _clear(tested)


def clear_gone() -> None:
    """End the alerts of authorizations that have been deleted."""
    there = set(Authorization.across_accounts.values_list("account_id", "public_id"))
    gone = lifecycle.open_subjects(KIND.name) - there
    accounts = Account.objects.in_bulk({account_id for account_id, _ in gone})
    for account_id, key in gone:
        lifecycle.clear(accounts[account_id], KIND.name, key)


def _is_due(authorization: Authorization, now: datetime) -> bool:
    return authorization.tested_at is None or authorization.tested_at < now - EVERY


def _raise(authorization: Authorization) -> None:
    reasons = [
        f"{each['title']}: {each['text']}"
        for each in authorization.test_result
        if each["outcome"] == Outcome.FAILED.value
    ]
    lifecycle.raise_alert(
        authorization.account,
        KIND.name,
        subject_of(authorization),
        title=f"Authorization “{authorization.label}” does not work",
        text=" ".join(reasons),
        severity=Severity.CRITICAL,
    )


def _clear(authorization: Authorization) -> None:
    lifecycle.clear(authorization.account, KIND.name, authorization.public_id)

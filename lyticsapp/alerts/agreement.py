"""Having exactly those alerts of a kind open that somebody has found to be so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lyticsapp.accounts.models import Account
from lyticsapp.alerts import lifecycle
from lyticsapp.alerts.kinds import AlertKind
from lyticsapp.alerts.lifecycle import Subject
from lyticsapp.alerts.models import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, of which an alert tells."""

    account: Account
    subject: Subject
    title: str
    text: str


def agree(kind: AlertKind, severity: Severity, found: Sequence[Finding]) -> None:
    """Raise an alert of each finding that has none, and clear those of all others."""
    wrong = {(each.account.pk, each.subject.key): each for each in found}
    is_open = lifecycle.open_subjects(kind.name)
    for key in wrong.keys() - is_open:
        each = wrong[key]
        lifecycle.raise_alert(
            each.account,
            kind.name,
            each.subject,
            title=each.title,
            text=each.text,
            severity=severity,
        )
    over = is_open - wrong.keys()
    accounts = Account.objects.in_bulk({account_id for account_id, _ in over})
    for account_id, subject_key in over:
        lifecycle.clear(accounts[account_id], kind.name, subject_key)

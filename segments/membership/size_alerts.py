"""Alerts about segments that grow or shrink past the sizes set for them."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction
from django.urls import reverse

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.models import Account
from lyticsapp.alerts import kinds, lifecycle
from lyticsapp.alerts.kinds import AlertKind
from lyticsapp.alerts.lifecycle import Subject
from segments.definitions.models import Recompute, Segment
from segments.membership.models import SizeAlert
from segments.membership.size import size_of

KIND = kinds.register(
    AlertKind(
        name="segment_size",
        title="Segment size",
        meaning="A segment holds fewer users than its least size, or more than its "
        "greatest. Both are looked at every minute, but not while the segment is "
        "computed. It is over when the size lies between them again.",
    )
)


@transaction.atomic
def set_sizes(
    segment: Segment, *, least: int | None, greatest: int | None, actor: Actor
) -> None:
    """Set between which sizes a segment should stay; None for no bound."""
    rows = SizeAlert.objects.for_account(segment.account_id).filter(segment=segment)
    kept = rows.select_for_update().first()
    before = [kept.least, kept.greatest] if kept else [None, None]
    if before == [least, greatest]:
        return
    if least is None and greatest is None:
        rows.delete()
    else:
        SizeAlert.across_accounts.update_or_create(
            account_id=segment.account_id,
            segment=segment,
            defaults={"least": least, "greatest": greatest},
        )
    audit.record(
        account=segment.account,
        action="update",
        obj=segment,
        changes={"size alert": [before, [least, greatest]]},
        user=actor.user,
        token=actor.token,
    )


def check() -> None:
    """Raise and clear the alerts of all segments, as their sizes are now."""
    watched = SizeAlert.across_accounts.select_related("segment__account")
    seen = set()
    for size_alert in watched.order_by("pk").iterator():
        segment = size_alert.segment
        seen.add((segment.account_id, segment.public_id))
        if not Recompute.objects.for_account(segment.account_id).filter(
            segment=segment
        ):
            _check(size_alert, segment)
    for account, key in _not_watched(seen):
        lifecycle.clear(account, KIND.name, key)


def _check(size_alert: SizeAlert, segment: Segment) -> None:
    size = size_of(segment)
    wrong = _what_is_wrong(size_alert, size)
    if not wrong:
        lifecycle.clear(segment.account, KIND.name, segment.public_id)
        return
    lifecycle.raise_alert(
        segment.account,
        KIND.name,
        Subject(
            key=segment.public_id,
            label=segment.name,
            url=reverse("admin:definitions_segment_change", args=[segment.pk]),
        ),
        title=f"Segment “{segment.name}” {wrong}",
        text=f"The segment “{segment.name}” holds {_users(size)}. "
        + _expected(size_alert),
    )


def _what_is_wrong(size_alert: SizeAlert, size: int) -> str:
    if size_alert.least is not None and size < size_alert.least:
        return "is too small"
    if size_alert.greatest is not None and size > size_alert.greatest:
        return "is too large"
    return ""


def _users(size: int) -> str:
    return "1 user" if size == 1 else f"{size:,} users"


def _expected(size_alert: SizeAlert) -> str:
    bounds = [
        f"{word} {bound:,}"
        for word, bound in (
            ("at least", size_alert.least),
            ("at most", size_alert.greatest),
        )
        if bound is not None
    ]
    return f"It is expected to hold {' and '.join(bounds)}."


def _not_watched(seen: set[tuple[int, str]]) -> Iterator[tuple[Account, str]]:
    """The open alerts of segments that are gone, or have no bounds any more."""
    gone = lifecycle.open_subjects(KIND.name) - seen
    accounts = Account.objects.in_bulk({account_id for account_id, _ in gone})
    for account_id, key in sorted(gone):
        yield accounts[account_id], key

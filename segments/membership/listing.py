"""Members of a segment and segments of a user, for pages that list them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from lyticsapp.accounts.models import Account
from segments.definitions.models import Segment
from segments.membership.models import Membership
from segments.profiles.models import Identity, Profile


@dataclass(frozen=True, slots=True)
class Page:
    """Some members of a segment, and where the next page begins."""

    members: Sequence[Membership]
    next_after: int | None


def members(
    segment: Segment, *, identity: str = "", after: int = 0, limit: int
) -> Page:
    """Those who are in the segment now, by profile; one page, without counting."""
    found = (
        Membership.objects.for_account(segment.account_id)
        .filter(segment=segment, left_at__isnull=True, profile_id__gt=after)
        .select_related("profile")
        .prefetch_related("profile__identities")
        .defer("profile__fields", "profile__stamps")
        .order_by("profile_id")
    )
    if identity:
        found = found.filter(profile__in=with_identity(segment.account, identity))
    rows = list(found[: limit + 1])
    more = len(rows) > limit
    return Page(rows[:limit], rows[limit - 1].profile_id if more else None)


def with_identity(account: Account, value: str) -> QuerySet[Profile]:
    """The users that have this value in one of the account's identity fields."""
    identities = Identity.objects.filter(
        account=account, field__in=account.identity_fields, value=value
    )
    profiles: QuerySet[Profile] = Profile.objects.for_account(account)
    return profiles.filter(pk__in=identities.values("profile"))


def history(profile: Profile) -> QuerySet[Membership]:
    """All segments the user is or was in, the present ones first."""
    rows: QuerySet[Membership] = Membership.objects.for_account(profile.account_id)
    return (
        rows.filter(profile=profile)
        .select_related("segment")
        .order_by("-left_at", "-entered_at")
    )

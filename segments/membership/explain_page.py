"""The page that shows why a user is in a segment or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse

from segments.definitions.models import Segment
from segments.filterql import Explanation, Kind
from segments.membership import listing
from segments.membership.why import Why, why
from segments.profiles.models import Profile

if TYPE_CHECKING:
    from lyticsapp.face.model_admin import AccountModelAdmin

USERS_SHOWN = 5
TITLES = {
    Kind.AND: "All of these",
    Kind.OR: "At least one of these",
    Kind.NOT: "Not",
    Kind.INCLUDE: "Is in a segment",
    Kind.EVERYONE: "Everyone",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A part of the filter as an item of nested lists."""

    part: Explanation
    title: str
    """Words for what is no condition."""
    closes: Sequence[int]
    """One for each list that ends with it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A user and why they are in the segment or not."""

    profile: Profile
    why: Why
    rows: list[Row]


def respond(
    page: AccountModelAdmin, request: HttpRequest, segment: Segment
) -> HttpResponse:
    """Ask for a user, and show why."""
    query = request.GET.get("q", "").strip()
    users = _users(segment, query, request.GET.get("profile", ""))
    return page.object_page(
        request,
        segment,
        title="Why is a user in it?",
        template="admin/membership/explain.html",
        context={
            "query": query,
            "asked": bool(query) or "profile" in request.GET,
            "users": [_shown(segment, user) for user in users],
        },
    )


def rows_of(root: Explanation | None) -> list[Row]:
    """The parts in the order of the text, with where lists of them end."""
    return list(_rows(root, 0)) if root is not None else []


def _rows(part: Explanation, closing: int) -> Iterator[Row]:
    closes = range(0 if part.parts else closing)
    yield Row(part, TITLES.get(part.kind, ""), closes)
    for number, each in enumerate(part.parts, 1):
        yield from _rows(each, closing + 1 if number == len(part.parts) else 0)


def _users(segment: Segment, query: str, key: str) -> list[Profile]:
    if query:
        found = listing.with_identity(segment.account, query)
    elif key.isascii() and key.isdecimal() and len(key) < 19:
        found = Profile.objects.for_account(segment.account_id).filter(pk=int(key))
    else:
        return []
    return list(found.prefetch_related("identities").order_by("pk")[:USERS_SHOWN])


def _shown(segment: Segment, profile: Profile) -> Shown:
    found = why(segment, profile)
    return Shown(profile, found, rows_of(found.explained.root))

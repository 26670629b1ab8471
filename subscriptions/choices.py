"""What can be chosen of an account for a subscription: its audiences, its fields."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse

from lyticsapp.accounts.models import Account
from lyticsapp.declaration.settings import Choice
from lyticsapp.jobs.workflow import Link, Page, Setup
from segments.definitions.models import Segment
from segments.profiles.models import Field

PAGE = 100


def audiences(setup: Setup, search: str, start: str) -> Page:
    """The segments whose name or slug holds the text, by slug."""
    found = Segment.objects.for_account(setup.account).filter(
        Q(name__icontains=search) | Q(slug__icontains=search) | Q(public_id=search),
        slug__gt=start,
    )
    rows = found.order_by("slug").values_list("slug", "public_id", "name")[: PAGE + 1]
    return _page([(slug, Choice(public_id, name)) for slug, public_id, name in rows])


def audience_names(account: Account, ids: Sequence[str]) -> dict[str, Link]:
    """The segments of these ids, each with its page; those that are gone are left out."""
    found = Segment.objects.for_account(account).filter(public_id__in=ids)
    return {
        segment.public_id: Link(
            segment.name, reverse("admin:definitions_segment_change", args=[segment.pk])
        )
        for segment in found.only("public_id", "name")
    }


def user_fields(setup: Setup, search: str, start: str) -> Page:
    """The fields that users have, by name."""
    found = Field.objects.for_account(setup.account).filter(
        name__icontains=search, name__gt=start
    )
    names = found.order_by("name").values_list("name", flat=True)[: PAGE + 1]
    return _page([(name, Choice(name, name)) for name in names])


def _page(found: Sequence[tuple[str, Choice]]) -> Page:
    """A page of these, of which there is one too many where more follow."""
    choices = [choice for _, choice in found[:PAGE]]
    return Page(choices, found[PAGE - 1][0] if len(found) > PAGE else "")

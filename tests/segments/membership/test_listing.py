"""Members of a segment, found and paged."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from segments.definitions.models import Segment
from segments.membership import listing
from segments.membership.models import Membership
from segments.profiles.models import Identity, Profile

AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def segment(account):
    return make_segment(account)


def make_segment(account):
    return Segment.objects.create(
        account=account, slug="paying", name="Paying", filterql="FILTER *"
    )


def make_member(segment, name, left_at=None):
    account = segment.account
    profile = Profile.objects.create(account=account, created_at=AT, modified_at=AT)
    Identity.objects.create(
        account=account, field="email", value=f"{name}@example.com", profile=profile
    )
    return Membership.objects.create(
        account=account,
        segment=segment,
        profile=profile,
        entered_at=AT,
        left_at=left_at,
    )


def test_it_pages_through_those_who_are_in(segment):
    members = [make_member(segment, name) for name in "abc"]
    make_member(segment, "gone", left_at=AT)
    first = listing.members(segment, limit=2)
    assert list(first.members) == members[:2]
    rest = listing.members(segment, after=first.next_after, limit=2)
    assert list(rest.members) == members[2:]
    assert rest.next_after is None


def test_it_finds_a_member_by_the_whole_identity(segment):
    member = make_member(segment, "ada")
    make_member(segment, "bob")
    found = listing.members(segment, identity="ada@example.com", limit=9)
    assert list(found.members) == [member]
    assert not listing.members(segment, identity="ada@", limit=9).members


def test_it_finds_no_user_of_another_account(segment, account, stranger):
    make_member(make_segment(stranger), "ada")
    assert not listing.with_identity(account, "ada@example.com").exists()


def test_the_history_has_the_present_segments_first(segment):
    past = make_member(segment, "ada", left_at=AT)
    other = Segment.objects.create(
        account=segment.account, slug="other", name="Other", filterql="FILTER *"
    )
    present = Membership.objects.create(
        account=segment.account, segment=other, profile=past.profile, entered_at=AT
    )
    assert list(listing.history(past.profile)) == [present, past]


def test_the_history_passes_over_deleted_segments(segment):
    member = make_member(segment, "ada")
    segment.delete()
    assert Membership.objects.for_account(member.account_id).exists()
    assert list(listing.history(member.profile)) == []

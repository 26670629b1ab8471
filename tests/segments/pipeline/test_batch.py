"""A batch, from pending events to profiles, memberships and triggers."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from django.db import connection

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, AuditEntry
from segments.definitions import lock, recompute
from segments.membership.models import Membership
from segments.pipeline.batch import Lane, process
from segments.pipeline.schema import retype
from segments.pipeline.triggers import ProfileUpdate
from segments.pipeline.verify import verify
from segments.profiles.models import Field, FieldType, Profile
from segments.streams.models import PendingEvent, StreamTally
from tests.segments.pipeline.accounts import (
    drain,
    make_account,
    make_segment,
    put_events,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("told")]

PAYING = 'paying_user = "t"'


@pytest.fixture
def account() -> Account:
    return make_account()


def verify_differences() -> list[str]:
    return [str(found) for progress in verify() for found in progress.differences]


def moves(told: list[ProfileUpdate]) -> list[list[str]]:
    return [[t.event for t in update.transitions] for update in told]


def only_profile(account: Account) -> Any:
    return Profile.objects.for_account(account).get()


def assert_verified() -> None:
    assert [d for progress in verify() for d in progress.differences] == []


def test_it_makes_a_profile_and_marks_the_event_done(account: Account) -> None:
    put_events(account, [{"user_id": "u1", "age": 5, "scores.momentum": 3}])
    drain(account)
    assert only_profile(account).fields == {
        "user_id": "u1",
        "age": 5,
        "scores.momentum": 3,
    }
    assert not PendingEvent.objects.filter(account_id=account.pk).exists()


def test_toggling_raises_each_trigger_even_within_a_batch(
    account: Account, told: list[ProfileUpdate]
) -> None:
    segment = make_segment(account, "paying", PAYING)
    put_events(
        account,
        [{"user_id": "u1", "paying_user": value} for value in ("f", "t", "t", "f")],
    )
    drain(account)
    assert moves(told) == [["enter"], ["exit"]]
    assert [u.member_after for u in told] == [{segment.id}, frozenset()]
    assert_verified()


def test_a_message_shows_the_profile_as_it_was_at_its_step(
    account: Account, told: list[ProfileUpdate]
) -> None:
    make_segment(account, "paying", PAYING)
    put_events(
        account,
        [{"user_id": "u1", "paying_user": "t", "n": 1}, {"user_id": "u1", "n": 2}],
    )
    drain(account)
    assert [update.render()["n"] for update in told] == [1]


def test_an_exit_knows_since_when_the_user_was_in(
    account: Account, told: list[ProfileUpdate]
) -> None:
    make_segment(account, "paying", PAYING)
    put_events(account, [{"user_id": "u1", "paying_user": "t"}])
    drain(account)
    entered_at = Membership.objects.for_account(account).get().entered_at
    put_events(account, [{"user_id": "u1", "paying_user": "f"}])
    drain(account)
    [exit_] = told[1].transitions
    assert exit_.entered_at == entered_at
    left_at = Membership.objects.for_account(account).get().left_at
    assert exit_.exit_at == left_at > entered_at


def test_an_older_event_that_comes_later_changes_nothing_newer(
    account: Account,
) -> None:
    put_events(account, [{"user_id": "u1", "plan": "new", "_at": 2000}])
    drain(account)
    put_events(account, [{"user_id": "u1", "plan": "old", "city": "x", "_at": 1000}])
    drain(account)
    profile = only_profile(account)
    assert profile.fields["plan"] == "new"
    assert profile.fields["city"] == "x"
    assert profile.created_at.timestamp() == 1000
    assert profile.modified_at.timestamp() == 2000


def test_an_event_that_ties_two_profiles_merges_them(
    account: Account, told: list[ProfileUpdate]
) -> None:
    make_segment(account, "paying", PAYING)
    put_events(account, [{"user_id": "u1", "paying_user": "t", "_at": 1000}])
    put_events(account, [{"email": "a@example.com", "plan": "pro", "_at": 2000}])
    drain(account)
    put_events(account, [{"email": "a@example.com", "user_id": "u1", "_at": 3000}])
    drain(account)
    profile = only_profile(account)
    assert profile.fields["plan"] == "pro"
    assert {str(i) for i in profile.identities.all()} == {
        "user_id=u1",
        "email=a@example.com",
    }
    assert moves(told) == [["enter"], []], "merging raises no second enter"
    assert told[1].merged_ids
    assert_verified()


def test_merging_can_end_a_membership_of_the_other(
    account: Account, told: list[ProfileUpdate]
) -> None:
    make_segment(account, "paying", PAYING)
    put_events(account, [{"user_id": "u1", "paying_user": "f", "_at": 2000}])
    put_events(account, [{"email": "a@example.com", "paying_user": "t", "_at": 1000}])
    drain(account)
    put_events(account, [{"email": "a@example.com", "user_id": "u1", "_at": 3000}])
    drain(account)
    assert moves(told) == [["enter"], ["exit"]]
    assert told[1].cause == "merge"
    assert_verified()


def test_a_type_that_widens_moves_who_it_must(
    account: Account, told: list[ProfileUpdate]
) -> None:
    from segments.pipeline.recompute import Walk, walk

    segment = make_segment(account, "five", 'code = "5.0"')
    put_events(account, [{"user_id": "u1", "code": 5}])
    drain(account)
    assert only_profile(account).segment_ids == [segment.id]
    put_events(account, [{"user_id": "u2", "code": "abc"}])
    drain(account)
    field = Field.objects.for_account(account).get(name="code")
    assert (field.type, field.widened_from) == (FieldType.STRING, FieldType.INT)
    while walk(account.pk, segment.id) is Walk.MORE:
        pass
    assert moves(told) == [["enter"], ["exit"]]
    assert_verified()


def test_a_pinned_type_takes_whatever_comes(account: Account) -> None:
    put_events(account, [{"user_id": "u1", "code": 5}])
    drain(account)
    field = Field.objects.for_account(account).get(name="code")
    retype(field, FieldType.STRING, actor=SYSTEM)
    retype(field, FieldType.INT, actor=SYSTEM)
    changes = AuditEntry.objects.for_account(account).order_by("pk")
    assert [each.changes for each in changes] == [
        {"type": ["int", "string"]},
        {"type": ["string", "int"]},
    ]
    put_events(account, [{"user_id": "u1", "code": "abc"}, {"user_id": "u2"}])
    drain(account)
    assert Field.objects.for_account(account).get(name="code").type == FieldType.INT
    assert not PendingEvent.objects.filter(account_id=account.pk).exists()
    fields = Profile.objects.for_account(account).values_list("fields", flat=True)
    assert {"user_id": "u1", "code": "abc"} in fields


def test_an_event_without_identity_is_counted_and_makes_no_profile(
    account: Account,
) -> None:
    put_events(account, [{"plan": "pro"}, {"user_id": "u1"}])
    drain(account)
    tally = StreamTally.objects.for_account(account).get()
    assert (tally.events, tally.without_identity) == (2, 1)
    assert Profile.objects.for_account(account).count() == 1


def test_a_batch_takes_no_more_than_fits_into_memory(account: Account) -> None:
    put_events(account, [{"note": "a" * 900_000} for _ in range(30)])
    while (batch := process(account.pk, 0)).events == 0:
        pass
    assert 2 <= batch.events <= 20
    drain(account)
    assert not PendingEvent.objects.filter(account_id=account.pk).exists()


def test_verify_tells_a_membership_that_is_not_as_its_filter(account: Account) -> None:
    make_segment(account, "paying", PAYING)
    put_events(account, [{"user_id": "u1", "paying_user": "t"}])
    drain(account)
    assert_verified()
    Membership.objects.for_account(account).delete()
    [difference] = [d for progress in verify() for d in progress.differences]
    assert difference.filter_says
    assert not difference.membership_says
    with connection.cursor() as cursor:
        cursor.execute("UPDATE profiles_profile SET segment_ids = '{}'")
    [difference] = [d for progress in verify() for d in progress.differences]
    assert not difference.profile_says


def test_whom_a_silent_edit_puts_out_is_not_told_of_by_the_next_event(
    account: Account, told: list[ProfileUpdate]
) -> None:
    segment = make_segment(account, "many", "n > 0")
    put_events(account, [{"user_id": "u1", "n": 5}])
    drain(account)
    with lock.exclusive(account.pk):
        segment.filterql = "FILTER n > 10"
        segment.save()
        recompute.start(segment, silent=True)
    told.clear()
    put_events(account, [{"user_id": "u1", "n": 6}])
    drain(account)
    assert moves(told) == []
    assert only_profile(account).segment_ids == []
    assert verify_differences() == []


@pytest.mark.parametrize("number", [1e16, 1e19, -1e18, 1.2345678901234568e17, -0.0])
def test_a_number_reads_the_same_when_it_is_applied_and_later(
    account: Account, number: float
) -> None:
    for slug, text in (
        ("as_float", orjson.dumps(number).decode()),
        ("as_int", str(int(number))),
    ):
        make_segment(account, slug, f'x = "{text}"')
    put_events(account, [{"user_id": "u0", "x": "a text"}])
    drain(account)
    put_events(account, [{"user_id": "u1", "x": number}])
    drain(account)
    assert verify_differences() == []


def test_it_tells_whether_the_lane_holds_more(account: Account) -> None:
    put_events(account, [{"user_id": f"u{number}"} for number in range(3)])
    process(account.pk, 0)  # the field is new: its type is made first
    assert process(account.pk, 0, 2).more
    assert not process(account.pk, 0, 2).more
    assert process(account.pk, 0).lane is Lane.EMPTY

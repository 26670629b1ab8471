"""What batches and walks write down of movements adds up to who is in."""

from __future__ import annotations

import pytest
from django.db.models import F, Sum

from lyticsapp.accounts.audit import SYSTEM
from segments.definitions import draft as drafts
from segments.definitions.models import Recompute
from segments.definitions.update import update
from segments.definitions.upsert import upsert_from_text
from segments.membership import movements
from segments.membership.models import Membership, SegmentHour
from segments.membership.size_history import size_history
from segments.pipeline.recompute import Walk, walk
from tests.segments.pipeline.accounts import drain, make_account, put_events

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(told):
    return make_account()


def walk_all(account):
    for segment_id in Recompute.objects.for_account(account).values_list(
        "segment_id", flat=True
    ):
        while walk(account.pk, segment_id) is Walk.MORE:
            pass


def moved(segment):
    """Entered, left and settled, over all hours."""
    movements.add_up()
    hours = SegmentHour.objects.for_account(segment.account_id).filter(segment=segment)
    sums = hours.aggregate(
        entered=Sum("entered"), exited=Sum("exited"), settled=Sum("settled")
    )
    assert (
        hours.aggregate(net=Sum(F("entered") - F("exited") + F("settled")))["net"]
        == Membership.objects.for_account(segment.account_id)
        .filter(segment=segment, left_at__isnull=True)
        .count()
    )
    return sums["entered"], sums["exited"], sums["settled"]


def test_events_enter_and_leave(account):
    segment, _ = upsert_from_text(account, "FILTER x > 5 ALIAS high", SYSTEM)
    put_events(account, [{"user_id": f"u{n}", "x": n} for n in range(10)])
    drain(account)
    assert moved(segment) == (4, 0, 0)
    put_events(account, [{"user_id": "u9", "x": 0}, {"user_id": "u0", "x": 9}])
    drain(account)
    assert moved(segment) == (5, 1, 0)
    assert size_history(segment, hours=3)[-1].size == 4


def test_a_first_count_is_no_enter(account):
    put_events(account, [{"user_id": f"u{n}", "x": n} for n in range(10)])
    drain(account)
    segment, _ = upsert_from_text(account, "FILTER x > 5 ALIAS high", SYSTEM)
    put_events(account, [{"user_id": "u8", "x": 0}, {"user_id": "u0", "x": 9}])
    drain(account)
    walk_all(account)
    entered, exited, settled = moved(segment)
    assert entered + settled - exited == 4
    assert settled >= 3


@pytest.mark.parametrize(
    ("silent", "expected"), [(True, (4, 0, 2)), (False, (6, 0, 0))]
)
def test_an_edit_is_told_or_settled(account, silent, expected):
    segment, _ = upsert_from_text(account, "FILTER x > 5 ALIAS high", SYSTEM)
    put_events(account, [{"user_id": f"u{n}", "x": n} for n in range(10)])
    drain(account)
    draft = drafts.from_text("FILTER x > 3 ALIAS high")
    update(segment, draft, SYSTEM, silent=silent)
    walk_all(account)
    assert moved(segment) == expected


def test_who_turn_out_to_be_one_are_counted_once(account):
    segment, _ = upsert_from_text(account, "FILTER x > 5 ALIAS high", SYSTEM)
    put_events(account, [{"user_id": "a", "x": 9}, {"email": "a@x.org", "x": 8}])
    drain(account)
    assert moved(segment) == (2, 0, 0)
    put_events(account, [{"user_id": "a", "email": "a@x.org"}])
    drain(account)
    assert moved(segment) == (2, 0, -1)

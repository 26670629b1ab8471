"""How far a walk is, in the API and on the pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from lyticsapp.accounts.audit import SYSTEM
from segments.definitions.models import Progress, Recompute, RecomputePart
from segments.definitions.progress import progress_of
from segments.definitions.upsert import upsert_from_text

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def segment(account):
    segment, _ = upsert_from_text(account, "FILTER x > 1 ALIAS demo", SYSTEM)
    Recompute.objects.for_account(account).delete()
    return segment


@pytest.fixture
def walk(segment):
    walk = Recompute.objects.create(
        account=segment.account,
        segment=segment,
        silent=True,
        total=1200,
        started_at=NOON - timedelta(seconds=10),
    )
    for done in (100, 200):
        RecomputePart.objects.create(
            recompute=walk, cursor=1, last_profile_id=9, done=done
        )
    return walk


def test_it_adds_up_what_the_parts_have_done(segment, walk, django_assert_num_queries):
    with time_machine.travel(NOON, tick=False), django_assert_num_queries(1):
        found = progress_of([segment])
    expected = Progress(done=300, total=1200, rate=30.0, seconds_left=30.0)
    assert found == {segment.pk: expected}


def test_the_api_tells_it(api, segment, walk):
    with time_machine.travel(NOON, tick=False):
        one = api.get("/api/segment/demo").json()["data"]
        listed = api.get("/v2/segment").json()["data"][0]
    expected = {"done": 300, "total": 1200, "rate": 30.0, "seconds_left": 30.0}
    assert one["recompute"] == listed["recompute"] == expected
    walk.delete()
    assert api.get("/api/segment/demo").json()["data"]["recompute"] is None


def test_it_does_not_guess_before_it_has_begun(segment, walk):
    walk.parts.all().delete()
    Recompute.objects.for_account(segment.account_id).update(total=None)
    (told,) = progress_of([segment]).values()
    assert (told.done, told.total, told.seconds_left) == (0, None, None)

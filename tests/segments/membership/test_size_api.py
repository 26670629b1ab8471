"""The size of a segment."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lyticsapp.accounts.audit import SYSTEM
from segments.definitions.upsert import upsert_from_text
from segments.membership.models import Membership
from segments.profiles.models import Profile

AT = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.fixture
def segment(account):
    segment, _ = upsert_from_text(account, "FILTER x > 1 ALIAS demo_segment", SYSTEM)
    for left_at in (None, None, AT):
        profile = Profile.objects.create(account=account, created_at=AT, modified_at=AT)
        Membership.objects.create(
            account=account,
            segment=segment,
            profile=profile,
            entered_at=AT,
            left_at=left_at,
        )
    return segment


def test_it_counts_who_is_in_now(api, segment):
    for ref in (segment.slug, segment.public_id):
        assert api.get(f"/api/segment/{ref}/size").json()["data"] == {
            "id": segment.public_id,
            "name": "demo_segment",
            "slug_name": "demo_segment",
            "size": 2,
        }


def test_another_account_learns_no_size(api_of, stranger, segment):
    url = f"/api/segment/{segment.public_id}/size"
    assert api_of(stranger).get(url).status_code == 404

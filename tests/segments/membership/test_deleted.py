"""What a deleted segment leaves behind is swept away."""

from __future__ import annotations

from typing import Any

import pytest

from lyticsapp.accounts.audit import SYSTEM
from segments.definitions import delete
from segments.membership import deleted
from segments.membership.models import Membership
from segments.profiles.models import Profile
from tests.segments.pipeline.accounts import (
    drain,
    make_account,
    make_segment,
    put_events,
)

PEOPLE = 5


@pytest.mark.django_db(transaction=True)
def test_memberships_and_ids_go_and_those_of_others_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deleted, "SWEPT_AT_ONCE", 2)
    account = make_account()
    kept = make_segment(account, "kept", "n >= 0")
    gone = make_segment(account, "gone", "n >= 1")
    put_events(account, [{"user_id": f"u{n}", "n": n} for n in range(PEOPLE)])
    drain(account)
    delete.delete(gone, SYSTEM)

    assert deleted.sweep() == PEOPLE - 1
    assert deleted.sweep() == 0

    def places(model: Any, field: str) -> list[Any]:
        return list(model.objects.for_account(account).values_list(field, flat=True))

    assert places(Profile, "segment_ids") == [[kept.pk]] * PEOPLE
    assert places(Membership, "segment_id") == [kept.pk] * PEOPLE

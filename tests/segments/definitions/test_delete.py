"""Deleting a segment, and refusing to."""

from __future__ import annotations

import pytest

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import AuditEntry
from segments.definitions import dependencies
from segments.definitions.delete import delete
from segments.definitions.dependencies import Dependant
from segments.definitions.errors import SegmentInUseError, UnknownSegmentError
from segments.definitions.models import Segment
from segments.definitions.upsert import upsert_from_text
from segments.membership import deleted
from segments.membership.models import Membership
from segments.profiles.models import Profile


@pytest.fixture
def segment(account):
    return upsert_from_text(account, "FILTER x > 1 ALIAS inner", SYSTEM)[0]


def test_it_deletes_a_segment_with_its_members(account, segment):
    profile = Profile.objects.for_account(account).get()
    Membership.objects.create(
        account=account,
        segment=segment,
        profile=profile,
        entered_at=profile.created_at,
    )
    delete(segment, SYSTEM)
    assert not Segment.objects.for_account(account).exists()
    deleted.sweep()
    assert not Membership.objects.for_account(account).exists()
    newest = AuditEntry.objects.for_account(account).latest("pk")
    assert (newest.action, newest.object_label) == ("delete", "inner")


def test_it_refuses_while_another_segment_includes_it(account, segment):
    outer, _ = upsert_from_text(account, "FILTER INCLUDE inner ALIAS outer", SYSTEM)
    with pytest.raises(SegmentInUseError) as refused:
        delete(segment, SYSTEM)
    assert f'segment "outer" ({outer.public_id})' in str(refused.value)
    delete(outer, SYSTEM)
    delete(segment, SYSTEM)


def test_it_refuses_while_something_above_depends_on_it(account, segment, monkeypatch):
    told = [Dependant(kind="subscription", public_id="0" * 32, label="To the shop")]
    monkeypatch.setattr(dependencies, "_reporters", [lambda asked: told])
    with pytest.raises(SegmentInUseError) as refused:
        delete(segment, SYSTEM)
    assert f'subscription "To the shop" ({"0" * 32})' in str(refused.value)
    assert Segment.objects.for_account(account).exists()


def test_it_does_not_delete_twice(segment):
    delete(segment, SYSTEM)
    with pytest.raises(UnknownSegmentError):
        delete(segment, SYSTEM)

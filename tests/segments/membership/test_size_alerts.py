"""Alerts at a least and a greatest size."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, AuditEntry, Member, Role, User
from lyticsapp.alerts.models import Alert, Notice
from segments.definitions.models import Recompute, Segment
from segments.membership import size_alerts
from segments.membership.models import Membership, SizeAlert
from segments.profiles.models import Profile

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    account = Account.objects.create(name="Acme")
    user = User.objects.create_user("alice@example.com")
    Member.objects.create(account=account, user=user, role=Role.ADMIN)
    return account


@pytest.fixture
def segment(account):
    return Segment.objects.create(
        account=account, slug="paying", name="Paying", filterql="FILTER x > 1"
    )


@pytest.fixture
def enter(segment):
    """Has users enter the segment."""

    def add(count):
        now = timezone.now()
        for _ in range(count):
            profile = Profile.objects.create(
                account=segment.account, created_at=now, modified_at=now
            )
            Membership.objects.create(
                account=segment.account,
                segment=segment,
                profile=profile,
                entered_at=now,
            )

    return add


def leave_all(segment):
    members = Membership.objects.for_account(segment.account)
    members.update(left_at=timezone.now())


def expect(segment, least=None, greatest=None):
    size_alerts.set_sizes(segment, least=least, greatest=greatest, actor=SYSTEM)


def open_titles(account):
    alerts = Alert.objects.for_account(account).filter(cleared_at=None)
    return [alert.title for alert in alerts]


def test_a_segment_that_is_too_small_is_told_until_it_grows(account, segment, enter):
    expect(segment, least=2)
    enter(1)
    size_alerts.check()
    size_alerts.check()
    alert = Alert.objects.for_account(account).get()
    assert alert.title == "Segment “Paying” is too small"
    assert alert.text == (
        "The segment “Paying” holds 1 user. It is expected to hold at least 2."
    )
    assert alert.subject_url.endswith(f"/{segment.pk}/change/")
    enter(1)
    size_alerts.check()
    assert open_titles(account) == []
    happenings = Notice.objects.for_account(account).values_list("happening", flat=True)
    assert sorted(happenings) == ["cleared", "raised"]


def test_a_segment_that_is_too_large_is_told_until_it_shrinks(account, segment, enter):
    expect(segment, greatest=2)
    enter(2)
    size_alerts.check()
    assert open_titles(account) == []
    enter(1)
    size_alerts.check()
    assert open_titles(account) == ["Segment “Paying” is too large"]
    leave_all(segment)
    size_alerts.check()
    assert open_titles(account) == []


def test_nothing_is_told_while_the_segment_is_computed(account, segment):
    expect(segment, least=1)
    walk = Recompute.objects.create(
        account=account, segment=segment, silent=True, total=9
    )
    size_alerts.check()
    assert open_titles(account) == []
    walk.delete()
    size_alerts.check()
    assert open_titles(account) == ["Segment “Paying” is too small"]


@pytest.mark.parametrize("gone", ["bounds", "segment"])
def test_an_alert_ends_with_its_bounds_and_its_segment(account, segment, gone):
    expect(segment, least=1)
    size_alerts.check()
    if gone == "segment":
        segment.delete()
    else:
        expect(segment)
    size_alerts.check()
    assert open_titles(account) == []


def test_accounts_do_not_meet(account, segment):
    other = Account.objects.create(name="Other")
    expect(segment, least=1)
    size_alerts.check()
    assert open_titles(other) == []
    assert open_titles(account) != []


def test_who_set_the_sizes_is_recorded_once(account, segment):
    expect(segment, least=5)
    expect(segment, least=5)
    entry = AuditEntry.objects.for_account(account).get()
    assert entry.object_id == segment.public_id
    assert entry.changes == {"size alert": [[None, None], [5, None]]}


@pytest.mark.parametrize(("least", "greatest"), [(None, None), (3, 2)])
def test_sizes_that_mean_nothing_are_not_kept(account, segment, least, greatest):
    with pytest.raises(IntegrityError), transaction.atomic():
        SizeAlert.objects.create(
            account=account, segment=segment, least=least, greatest=greatest
        )

"""People who look at the admin, and the segments they look at."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Member, Role, User
from segments.definitions.models import Recompute
from segments.definitions.upsert import upsert_from_text
from segments.membership.models import Membership
from tests.segments.membership.people import make_fields, make_profiles

AT = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.fixture
def browser_of(account):
    """A browser in which somebody with this role is logged in."""

    def create(role):
        user = User.objects.create_user(f"{role}@example.com")
        Member.objects.create(account=account, user=user, role=role)
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return create


@pytest.fixture
def browser(browser_of):
    return browser_of(Role.EDITOR)


@pytest.fixture
def crowd(account):
    """Ten users, of ages 0 to 9."""
    make_fields(account, age="int", user_id="string")
    return make_profiles(account, [{"user_id": f"u{n}", "age": n} for n in range(10)])


@pytest.fixture
def segment_with(account):
    """A segment that is computed already, with these members."""

    def create(text, members=()):
        segment, _ = upsert_from_text(account, text, SYSTEM)
        Recompute.objects.for_account(account).delete()
        for profile in members:
            profile.segment_ids = [*profile.segment_ids, segment.pk]
            profile.save()
            Membership.objects.create(
                account=account, segment=segment, profile=profile, entered_at=AT
            )
        return segment

    return create

"""An account with a profile, so that a new definition has something to walk over."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from segments.profiles.models import Profile

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def account(account):
    Profile.objects.create(account=account, created_at=LONG_AGO, modified_at=LONG_AGO)
    return account

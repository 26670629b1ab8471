"""What the tests of accounts share."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    """Hashing a password well takes long, and is Django's own affair."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

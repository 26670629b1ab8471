"""Secrets at rest: unreadable in their column, and keys that rotate."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.db import connection

from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.encryption import DecryptionError, decrypt, encrypt
from lyticsapp.authorizations.models import Authorization

SECRETS = {"aws_secret_access_key": "hush-hush", "nested": {"n": [1, None, "é"]}}


@pytest.fixture
def keys():
    return [Fernet.generate_key().decode() for _ in range(3)]


def test_what_is_encrypted_can_be_read_again():
    assert decrypt(encrypt(SECRETS)) == SECRETS


def test_the_first_key_encrypts(settings, keys):
    settings.ENCRYPTION_KEYS = keys
    written = encrypt("hush")
    assert Fernet(keys[0]).decrypt(written) == b'"hush"'


def test_all_keys_decrypt(settings, keys):
    settings.ENCRYPTION_KEYS = [keys[2]]
    old = encrypt("hush")
    settings.ENCRYPTION_KEYS = keys
    assert decrypt(old) == "hush"


def test_a_key_that_was_taken_away_is_told(settings, keys):
    settings.ENCRYPTION_KEYS = [keys[0]]
    old = encrypt("hush-hush")
    settings.ENCRYPTION_KEYS = keys[1:]
    with pytest.raises(DecryptionError, match="ENCRYPTION_KEYS") as told:
        decrypt(old)
    assert "hush-hush" not in str(told.value)


@pytest.mark.django_db
def test_the_column_holds_nothing_readable():
    account = Account.objects.create(name="Acme")
    row = Authorization.objects.create(
        account=account, provider="aws", method="keys", label="AWS", secrets=SECRETS
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(a)::text FROM authorizations_authorization a")
        (whole,) = cursor.fetchone()
        cursor.execute("SELECT secrets FROM authorizations_authorization")
        (column,) = cursor.fetchone()
    for readable in ("hush-hush", "aws_secret_access_key", "nested"):
        assert readable not in whole
        assert readable.encode() not in bytes(column)
    row.refresh_from_db()
    assert row.secrets == SECRETS


@pytest.mark.django_db
def test_a_row_without_secrets_reads_as_empty():
    account = Account.objects.create(name="Acme")
    row = Authorization.objects.create(
        account=account, provider="aws", method="keys", label="AWS"
    )
    assert row.secrets == {}
    row.refresh_from_db()
    assert row.secrets == {}


@pytest.mark.django_db
def test_a_save_encrypts_with_the_new_key(settings, keys):
    settings.ENCRYPTION_KEYS = [keys[0]]
    account = Account.objects.create(name="Acme")
    row = Authorization.objects.create(
        account=account, provider="aws", method="keys", label="AWS", secrets=SECRETS
    )
    settings.ENCRYPTION_KEYS = [keys[1], keys[0]]
    row.refresh_from_db()
    row.save()
    settings.ENCRYPTION_KEYS = [keys[1]]
    row.refresh_from_db()
    assert row.secrets == SECRETS

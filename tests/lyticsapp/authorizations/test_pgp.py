"""PGP keys are looked at when they are saved, and watched until they expire.

Those in `pgp_keys/` were made with GnuPG: one locked by a passphrase, one that has
expired, and one that only signs.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone
from pysequoia import Tsk

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import AuditEntry
from lyticsapp.alerts.models import Alert, Severity
from lyticsapp.authorizations import lifecycle, pgp_expiry, provider
from lyticsapp.authorizations.lifecycle import Wanted
from lyticsapp.authorizations.models import Authorization
from lyticsapp.declaration.errors import InvalidSettingError
from tests.lyticsapp.authorizations.conftest import ACCESS_KEY, SECRET_KEY

pytestmark = pytest.mark.django_db

DAY_S = 24 * 3600
PASSPHRASE = "let me in"
KEYS = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}


def kept(name):
    return (Path(__file__).parent / "pgp_keys" / name).read_text()


def generated(days=None):
    lasts = {} if days is None else {"validity_seconds": days * DAY_S}
    return Tsk.generate(user_id="Acme <pgp@example.com>", **lasts)


@pytest.fixture
def with_public(make):
    return lambda key: make("aws", "keys_pgp_public", public_key=str(key), **KEYS)


@pytest.fixture
def with_private(make):
    def made(key, passphrase=None):
        return make(
            "aws",
            "keys_pgp_private",
            private_key=str(key),
            passphrase=passphrase,
            **KEYS,
        )

    return made


def facts_of(authorization):
    facts = provider.method_of(authorization).facts(authorization)
    return {fact.label: fact.value for fact in facts}


def test_it_is_told_whose_key_it_is_and_how_long_it_lasts(with_public):
    key = generated(days=100)
    certificate = key.extract_certificate()
    told = facts_of(with_public(certificate))
    assert told["PGP Fingerprint"] == certificate.fingerprint.upper()
    assert told["PGP User ID"] == "Acme <pgp@example.com>"
    assert told["PGP Key Expires"] == f"{certificate.expiration:%Y-%m-%d %H:%M} UTC"


def test_a_key_without_an_end_is_told_as_such(with_private):
    told = facts_of(with_private(kept("locked_private.asc"), PASSPHRASE))
    assert told["PGP User ID"] == "Locked <locked@example.com>"
    assert told["PGP Key Expires"] == "Never"


def test_another_key_takes_its_place(with_public):
    made = with_public(generated().extract_certificate())
    other = generated().extract_certificate()
    wanted = Wanted(settings={"public_key": str(other)})
    lifecycle.update(made, wanted, SYSTEM)
    made.refresh_from_db()
    assert facts_of(made)["PGP Fingerprint"] == other.fingerprint.upper()


def test_no_key_is_in_the_audit_log(with_private):
    key = str(generated())
    with_private(key)
    (entry,) = AuditEntry.across_accounts.all()
    assert "pgp_fingerprint" in str(entry.changes)
    assert "BEGIN PGP" not in str(entry.changes)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (lambda: generated(), "public_key: is a private key"),
        (lambda: "ssh-rsa AAAA", "public_key: is no PGP key; one begins with"),
        (lambda: kept("expired_public.asc"), "public_key: expired on 2020-12-31"),
        (lambda: kept("signs_only_public.asc"), "public_key: cannot be encrypted to"),
        (
            lambda: (
                f"{generated().extract_certificate()}\n"
                f"{generated().extract_certificate()}"
            ),
            "public_key: holds 2 keys",
        ),
        (
            lambda: str(generated().extract_certificate())[:300],
            "public_key: cannot be read",
        ),
    ],
)
def test_what_cannot_be_encrypted_to_is_refused(with_public, key, told):
    with pytest.raises(InvalidSettingError) as refused:
        with_public(key())
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not Authorization.across_accounts.exists()


@pytest.mark.parametrize(
    ("key", "passphrase", "told"),
    [
        (
            lambda: generated().extract_certificate(),
            None,
            "private_key: is a public key",
        ),
        (
            lambda: kept("locked_private.asc"),
            None,
            "passphrase: is required: this key is locked",
        ),
        (lambda: kept("locked_private.asc"), "wrong", "passphrase: does not unlock"),
        (generated, "let me in", "passphrase: is not needed"),
    ],
)
def test_what_cannot_decrypt_is_refused(with_private, key, passphrase, told):
    with pytest.raises(InvalidSettingError) as refused:
        with_private(key(), passphrase)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_key_that_expires_is_told_of_until_another_is_entered(with_public):
    later = with_public(generated(days=31).extract_certificate())
    soon = with_public(generated(days=29).extract_certificate())
    pgp_expiry.check()
    pgp_expiry.check()
    alert = Alert.objects.for_account(soon.account).get()
    assert alert.subject_key == soon.public_id
    assert alert.title == "PGP key of “Ours” expires soon"
    assert alert.severity == Severity.WARNING

    key = str(generated(days=400).extract_certificate())
    lifecycle.update(soon, Wanted(settings={"public_key": key}), SYSTEM)
    pgp_expiry.check()
    alert.refresh_from_db()
    assert alert.cleared_at is not None
    assert not Alert.across_accounts.filter(subject_key=later.public_id).exists()


def test_a_key_that_has_expired_is_critical(with_public):
    made = with_public(generated(days=29).extract_certificate())
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        pgp_expiry.check()
    alert = Alert.objects.for_account(made.account).get()
    assert alert.severity == Severity.CRITICAL
    assert "has expired" in alert.title


def test_the_alert_ends_with_the_authorization(with_public):
    made = with_public(generated(days=2).extract_certificate())
    pgp_expiry.check()
    lifecycle.delete(made, SYSTEM)
    pgp_expiry.check()
    assert not Alert.across_accounts.filter(cleared_at=None).exists()

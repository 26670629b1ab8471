"""Authorizations are made, changed and deleted, and their secrets go nowhere else."""

from __future__ import annotations

import json

import pytest
from cryptography.fernet import Fernet

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, AuditEntry
from lyticsapp.authorizations import lifecycle, lookup
from lyticsapp.authorizations.credentials import credentials_of
from lyticsapp.authorizations.errors import (
    AuthorizationInUseError,
    UnknownAuthorizationError,
    UnknownMethodError,
    UnknownProviderError,
)
from lyticsapp.authorizations.lifecycle import Wanted
from lyticsapp.authorizations.models import Authorization, Health
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.jobs.models import Job, JobState
from tests.lyticsapp.authorizations.conftest import ACCESS_KEY, SECRET_KEY

pytestmark = pytest.mark.django_db


def update(authorization, **said):
    lifecycle.update(authorization, Wanted(**said), SYSTEM)
    return Authorization.objects.for_account(authorization.account).get()


def use(authorization, state=JobState.RUNNING):
    return Job.objects.create(
        account=authorization.account,
        workflow="count_up",
        label="Nightly",
        authorization=authorization,
        state=state,
    )


def test_a_secret_is_kept_apart_from_what_is_shown(keys):
    kept = Authorization.objects.for_account(keys.account).get()
    assert kept.config == {"access_key": ACCESS_KEY, "secret_key": "****"}
    assert kept.secrets == {"secret_key": SECRET_KEY}
    credentials = credentials_of(kept)
    assert credentials.settings["secret_key"] == SECRET_KEY
    assert SECRET_KEY not in repr(credentials)


def test_no_secret_is_in_the_audit_log_or_in_what_is_wanted(keys):
    wanted = Wanted(settings={"secret_key": "another-secret"})
    lifecycle.update(keys, wanted, SYSTEM)
    lifecycle.delete(keys, SYSTEM)
    entries = AuditEntry.objects.for_account(keys.account).order_by("pk")
    assert [entry.action for entry in entries] == ["create", "update", "delete"]
    told = json.dumps([entry.changes for entry in entries]) + repr(wanted)
    assert "secret_key" in told
    assert SECRET_KEY not in told
    assert "another-secret" not in told


@pytest.mark.parametrize(
    ("kind", "settings", "error", "text"),
    [
        (("gcp", "keys"), {}, UnknownProviderError, "aws, azure, webhook"),
        (("aws", "nope"), {}, UnknownMethodError, "keys"),
        (("aws", "keys"), {}, InvalidSettingError, "access_key: is required"),
        (
            ("aws", "keys"),
            {"nope": 1},
            InvalidSettingError,
            "nope: is not asked for by AWS Keys; it takes access_key, secret_key",
        ),
    ],
)
def test_what_cannot_be_is_refused(account, kind, settings, error, text):
    wanted = Wanted(label="Ours", settings=settings)
    with pytest.raises(error, match=text):
        lifecycle.create(account, *kind, wanted, SYSTEM)
    assert not lookup.listing(account).exists()


@pytest.mark.parametrize(
    ("label", "text"), [(" ", "label: is required"), ("x" * 101, "label: is over 100")]
)
def test_it_has_a_label(keys, label, text):
    with pytest.raises(InvalidSettingError, match=text):
        update(keys, label=label)


def test_a_changed_secret_raises_the_version_and_forgets_the_last_test(keys):
    Authorization.objects.for_account(keys.account).update(
        health=Health.HEALTHY, tested_at=keys.created_at, test_result=[{}]
    )
    before = credentials_of(keys).key
    changed = update(keys, settings={"secret_key": "another-secret"})
    assert credentials_of(changed).settings == {
        "access_key": ACCESS_KEY,
        "secret_key": "another-secret",
    }
    assert credentials_of(changed).key != before
    assert (changed.health, changed.tested_at, changed.test_result) == (
        Health.UNKNOWN,
        None,
        [],
    )


def test_another_label_keeps_the_settings_and_their_test(keys):
    Authorization.objects.for_account(keys.account).update(health=Health.HEALTHY)
    changed = update(keys, label="Theirs", settings={"secret_key": "****"})
    assert (changed.label, changed.version) == ("Theirs", 1)
    assert changed.health == Health.HEALTHY
    assert changed.secrets == {"secret_key": SECRET_KEY}


def test_what_a_lost_key_encrypted_can_be_entered_again(keys, settings):
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(InvalidSettingError, match="secret_key: is required"):
        update(keys, label="Theirs")
    changed = update(keys, settings={"secret_key": "another-secret"})
    assert changed.secrets == {"secret_key": "another-secret"}
    assert changed.config["access_key"] == ACCESS_KEY


def test_what_a_lost_key_encrypted_can_be_deleted(keys, settings):
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    lifecycle.delete(keys, SYSTEM)
    assert not lookup.listing(keys.account).exists()


@pytest.mark.parametrize(
    "state",
    [JobState.INITIALIZING, JobState.RUNNING, JobState.SLEEPING, JobState.PAUSED],
)
def test_one_that_a_job_needs_is_not_deleted(keys, state):
    use(keys, state)
    with pytest.raises(AuthorizationInUseError, match="used by “Nightly”"):
        lifecycle.delete(keys, SYSTEM)
    assert lookup.get(keys.account, keys.public_id)


@pytest.mark.parametrize(
    "state", [JobState.FAILED, JobState.COMPLETED, JobState.DELETED]
)
def test_one_of_ended_jobs_is_deleted_and_taken_out_of_them(keys, state):
    job = use(keys, state)
    lifecycle.delete(keys, SYSTEM)
    job.refresh_from_db()
    assert job.authorization is None


def test_one_that_is_gone_is_not_changed(keys):
    lifecycle.delete(keys, SYSTEM)
    with pytest.raises(UnknownAuthorizationError):
        update(keys, label="Theirs")


def test_an_account_finds_its_own_only(keys):
    stranger = Account.objects.create(name="Stranger")
    assert list(lookup.listing(keys.account)) == [keys]
    assert not lookup.listing(stranger).exists()
    with pytest.raises(UnknownAuthorizationError):
        lookup.get(stranger, keys.public_id)

"""Authorizations are made, changed and deleted, and secrets stay where they are."""

from __future__ import annotations

import pytest

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, AuditEntry
from lyticsapp.authorizations import lifecycle, lookup
from lyticsapp.authorizations.errors import (
    AuthorizationInUseError,
    UnknownAuthorizationError,
    UnknownMethodError,
)
from lyticsapp.authorizations.lifecycle import Wanted
from lyticsapp.authorizations.models import Authorization
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.jobs import lifecycle as jobs
from lyticsapp.jobs.models import Job

pytestmark = pytest.mark.django_db

KEYS = {"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "hush-hush"}


@pytest.fixture
def account():
    return Account.objects.create(name="Acme")


def make(account, **changed):
    wanted = Wanted(label="Our keys", settings={**KEYS, **changed})
    return lifecycle.create(account, "aws", "keys", wanted, SYSTEM)


def used_by(made, label):
    return jobs.create(
        account=made.account,
        workflow="webhook_triggers",
        label=label,
        authorization=made,
        actor=SYSTEM,
    )


def test_secrets_are_kept_apart_and_out_of_the_audit_log(account):
    made = lookup.get(account, make(account).public_id)
    assert made.config == {"access_key": KEYS["access_key"], "secret_key": "****"}
    assert made.secrets == {"secret_key": "hush-hush"}
    assert "hush-hush" not in repr(Wanted(settings=KEYS))
    (entry,) = AuditEntry.objects.for_account(account)
    assert entry.action == "create"
    assert "hush-hush" not in str(entry.changes)


def test_an_update_keeps_the_secret_that_is_masked(account):
    made = make(account)
    shown = {"access_key": "AKIAI44QH8DHBEXAMPLE", "secret_key": "****"}
    lifecycle.update(made, Wanted(label="Keys", settings=shown), SYSTEM)
    kept = lookup.get(account, made.public_id)
    assert (kept.label, kept.secrets) == ("Keys", {"secret_key": "hush-hush"})
    assert kept.config["access_key"] == "AKIAI44QH8DHBEXAMPLE"


def test_what_is_wrong_is_named(account):
    with pytest.raises(InvalidSettingError, match="secret_key: is required"):
        make(account, secret_key="")
    with pytest.raises(InvalidSettingError, match="label: is required"):
        lifecycle.create(account, "aws", "keys", Wanted(settings=KEYS), SYSTEM)
    with pytest.raises(UnknownMethodError):
        lifecycle.create(account, "aws", "password", Wanted(label="x"), SYSTEM)


def test_one_that_live_jobs_need_is_not_deleted(account):
    made = make(account)
    job = used_by(made, "Sheep")
    with pytest.raises(AuthorizationInUseError, match="“Sheep”"):
        lifecycle.delete(made, SYSTEM)
    jobs.fail(job, "no luck")
    lifecycle.delete(made, SYSTEM)
    assert not Authorization.objects.for_account(account).exists()
    assert Job.objects.for_account(account).get().authorization is None


def test_an_account_finds_its_own_only(account):
    made = make(account)
    with pytest.raises(UnknownAuthorizationError):
        lookup.get(Account.objects.create(name="Stranger"), made.public_id)

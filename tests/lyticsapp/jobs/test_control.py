"""What people do with jobs: it is checked, done, and written down."""

from __future__ import annotations

import pytest

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, AuditEntry
from lyticsapp.authorizations.models import Authorization
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.jobs import control
from lyticsapp.jobs.errors import EditConflictError, UnknownWorkflowError
from lyticsapp.jobs.models import JobState
from lyticsapp.jobs.workflow import Wanted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("test_workflows")]


def wanted(authorization, label="Sheep", **config):
    return Wanted("count_up", label, "", authorization, {"upto": 5, **config})


@pytest.fixture
def job(account, keys):
    return control.create(account, wanted(keys, password="hush-hush"), SYSTEM)


def test_a_new_job_is_about_to_run_and_keeps_its_secrets_apart(job, keys):
    job.refresh_from_db()
    assert job.state == JobState.INITIALIZING
    assert job.config == {"upto": 5, "password": "****"}
    assert job.secrets == {"password": "hush-hush"}
    assert job.authorization == keys


def test_every_change_is_in_the_audit_log_without_secrets(job, account):
    control.pause(job, SYSTEM)
    control.resume(job, SYSTEM)
    control.delete(job, SYSTEM)
    entries = AuditEntry.objects.for_account(account).order_by("pk")
    assert [each.action for each in entries] == ["create", "pause", "resume", "delete"]
    assert "hush-hush" not in str([each.changes for each in entries])


def test_an_edit_is_told_by_what_is_different(job, keys, account):
    control.edit(job, wanted(keys, upto=7, password="baa baa"), SYSTEM)
    entry = AuditEntry.objects.for_account(account).latest("pk")
    assert entry.action == "update"
    assert entry.changes == {"upto": [5, 7], "secrets": ["****", "****"]}
    control.edit(job, wanted(keys, upto=7, label="Goats"), SYSTEM)
    entry = AuditEntry.objects.for_account(account).latest("pk")
    assert entry.changes["label"] == ["Sheep", "Goats"]
    assert set(entry.changes) == {"label"}


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"label": "  "}, "label: is required"),
        ({"label": "x" * 201}, "label: is over 200"),
        ({"upto": None}, "upto: is required"),
        ({"upto": "five"}, "upto: must be a whole number"),
    ],
)
def test_what_is_wrong_is_named(account, keys, changed, wrong):
    with pytest.raises(InvalidSettingError, match=wrong):
        control.create(account, wanted(keys, **changed), SYSTEM)


def test_an_authorization_has_to_fit(account, keys):
    stranger = Account.objects.create(name="Stranger")
    of = Authorization.objects.create
    for other in (
        of(account=stranger, provider="aws", method="keys", label="Theirs"),
        of(account=account, provider="azure", method="keys", label="Azure"),
        of(account=account, provider="aws", method="role", label="Role"),
    ):
        with pytest.raises(InvalidSettingError, match="not one that Count Up can use"):
            control.create(account, wanted(other), SYSTEM)
    with pytest.raises(InvalidSettingError, match="authorization: is required"):
        control.create(account, wanted(None), SYSTEM)


def test_a_workflow_has_to_exist(account, keys):
    nope = Wanted("nope", "Sheep", "", keys, {})
    with pytest.raises(UnknownWorkflowError, match="count_up"):
        control.create(account, nope, SYSTEM)


def test_an_edit_keeps_what_it_does_not_name(job, keys):
    control.edit(job, wanted(keys, label="Goats", upto=9), SYSTEM)
    job.refresh_from_db()
    assert (job.label, job.config["upto"]) == ("Goats", 9)
    assert job.secrets == {"password": "hush-hush"}


def test_of_two_who_edit_the_second_is_told(job, keys):
    seen = job.version
    control.edit(job, wanted(keys, upto=6), SYSTEM, version=seen)
    job.refresh_from_db()
    with pytest.raises(EditConflictError, match="Somebody else"):
        control.edit(job, wanted(keys, upto=7), SYSTEM, version=seen)
    job.refresh_from_db()
    assert job.config["upto"] == 6

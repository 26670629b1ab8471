"""The list of jobs: what it shows, how it is narrowed, what is done to many at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from lyticsapp.accounts.models import Account, AuditEntry, Role
from lyticsapp.authorizations.models import Authorization
from lyticsapp.jobs.models import Job, JobHour, JobRun, JobState
from tests.lyticsapp.jobs.conftest import now_of
from tests.subscriptions.making import make_segment

pytestmark = pytest.mark.django_db

LIST = "/admin/jobs/job/"


@pytest.fixture
def job(account, test_workflows):
    """Make a job of any workflow, with no run."""

    def make(label, workflow="count_up", state=JobState.SLEEPING, **values):
        return Job.objects.create(
            account=account, workflow=workflow, label=label, state=state, **values
        )

    return make


def labels(client, **query):
    """The labels that the list shows."""
    shown = client.get(LIST, query).context["cl"].result_list
    return [each.label for each in shown]


def text_of(response):
    return response.content.decode()


def test_a_row_tells_what_the_job_is(editor, job, keys, account):
    made = job(
        "Sheep", authorization=keys, next_run_at=datetime(2030, 1, 2, tzinfo=UTC)
    )
    for day in (3, 1):
        JobRun.objects.create(
            account=account,
            job=made,
            state="completed",
            started_at=datetime(2029, 5, day, tzinfo=UTC),
        )
    page = text_of(editor.get(LIST))
    for shown in ("Sheep", "Our keys", "Amazon Web Services", "Count Up", "Sleeping"):
        assert shown in page
    assert "3\xa0May\xa02029" in page
    assert "2\xa0Jan\xa02030" in page


def test_the_list_is_narrowed(editor, job, keys):
    job("Sheep", authorization=keys)
    job("To the shop", "webhook_triggers", JobState.RUNNING)
    job("Gone", state=JobState.DELETED)
    job("Of an old release", "forgotten", JobState.PAUSED)
    assert len(labels(editor)) == 3
    for query, shown in [
        ({"state": "paused"}, ["Of an old release"]),
        ({"state": "deleted"}, []),
        ({"provider": "webhook"}, ["To the shop"]),
        ({"type": "Count Up"}, ["Sheep"]),
        ({"direction": "export"}, ["To the shop"]),
        ({"authorization__id__exact": keys.pk}, ["Sheep"]),
        ({"q": "the SHOP"}, ["To the shop"]),
        ({"type": "Count Up", "state": "running"}, []),
    ]:
        assert labels(editor, **query) == shown, query


def test_filters_name_types_as_the_documents_do(editor, job, account):
    job("Sheep")
    other = Account.objects.create(name="Other")
    Authorization.objects.create(
        account=other, provider="aws", method="keys", label="Their keys"
    )
    page = text_of(editor.get(LIST))
    assert ">Count Up</option>" in page
    assert ">count_up<" not in page
    assert ">Deleted</option>" not in page
    assert "Their keys" not in page


def test_more_jobs_are_not_more_queries(editor, job, keys, account):
    def count():
        with CaptureQueriesContext(connection) as asked:
            editor.get(LIST)
        return len(asked)

    editor.get(LIST)
    for number in range(2):
        JobRun.objects.create(account=account, job=job(f"{number}", authorization=keys))
    few = count()
    for number in range(10):
        JobRun.objects.create(account=account, job=job(f"{number}", authorization=keys))
    assert count() == few


def test_a_secret_that_cannot_be_read_is_not_read(editor, job, settings):
    job("Sheep", secrets={"password": "hush"})
    settings.ENCRYPTION_KEYS = []
    assert labels(editor) == ["Sheep"]


def chosen(action, *jobs, **more):
    return {"action": action, "_selected_action": [each.pk for each in jobs], **more}


def test_many_are_paused_after_asking(editor, job):
    jobs = [job("Sheep"), job("Goats", state=JobState.RUNNING)]
    asked = editor.post(LIST, chosen("pause_chosen", *jobs))
    assert "Pause 2 jobs?" in text_of(asked)
    assert {now_of(each).state for each in jobs} == {"sleeping", "running"}
    done = editor.post(
        LIST, chosen("pause_chosen", *jobs, confirmed="yes"), follow=True
    )
    assert "2 jobs paused." in text_of(done)
    assert {now_of(each).state for each in jobs} == {"paused"}
    assert AuditEntry.objects.for_account(jobs[0].account).count() == 2


def test_what_is_refused_is_told_with_the_reason(editor, job):
    jobs = [job("Sheep", state=JobState.PAUSED), job("Goats", state=JobState.FAILED)]
    done = editor.post(
        LIST, chosen("resume_chosen", *jobs, confirmed="yes"), follow=True
    )
    assert "1 job resumed." in text_of(done)
    reason = "“Goats” was not resumed: A job that is failed cannot be running."
    assert reason in text_of(done)
    assert now_of(jobs[1]).state == JobState.FAILED


def test_jobs_of_other_accounts_are_not_steered(editor, job):
    other = Account.objects.create(name="Other")
    theirs = Job.objects.create(account=other, workflow="count_up", label="Theirs")
    own = job("Sheep")
    editor.post(LIST, chosen("pause_chosen", own, theirs, confirmed="yes"))
    assert now_of(own).state == JobState.PAUSED
    assert now_of(theirs).state == JobState.INITIALIZING


def test_so_many_at_once_are_refused(editor, job, monkeypatch):
    monkeypatch.setattr("lyticsapp.jobs.bulk.AT_MOST", 1)
    jobs = [job("Sheep"), job("Goats")]
    body = chosen("pause_chosen", *jobs, confirmed="yes")
    assert "Choose at most 1 jobs" in text_of(editor.post(LIST, body, follow=True))
    assert now_of(jobs[0]).state == JobState.SLEEPING


def test_no_rows_are_deleted_from_the_list(editor, job):
    kept = job("Sheep")
    editor.post(LIST, chosen("delete_selected", kept, post="yes"))
    assert now_of(kept).state == JobState.SLEEPING


def test_a_viewer_sees_the_list_and_steers_nothing(client_of, job):
    viewer, kept = client_of(Role.VIEWER), job("Sheep")
    page = text_of(viewer.get(LIST))
    assert "Sheep" in page
    assert "pause_chosen" not in page
    assert "action-select" not in page
    assert "New job" not in page
    viewer.post(LIST, chosen("pause_chosen", kept, confirmed="yes"))
    assert now_of(kept).state == JobState.SLEEPING
    for name in ("pause", "resume", "restart", "run_now", "edit", "delete"):
        url = reverse(f"admin:jobs_job_{name}", args=[kept.pk])
        assert viewer.post(url, {"post": "yes"}).status_code == 403, name


def test_the_charts_add_up_all_jobs_of_the_account(account, editor):
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    stranger = Account.objects.create(name="Stranger")
    for owner, read, failed in [(account, 5, 1), (account, 7, 0), (stranger, 90, 90)]:
        job = Job.objects.create(account=owner, workflow="count_up", label="Sheep")
        JobHour.objects.create(
            account=owner, job=job, hour=hour, read=read, failed=failed
        )
    page = editor.get("/admin/jobs/job/charts/").content.decode()
    assert "12 read, at most 12 in one hour" in page
    assert "1 failed, at most 1 in one hour" in page
    assert "/admin/jobs/job/charts/" in editor.get("/admin/jobs/job/").content.decode()


def test_what_was_not_there_is_looked_for_again(account, editor):
    url = "/admin/jobs/job/choices/webhook_triggers/segment_ids/"
    assert editor.post(url).json()["choices"] == []
    made = make_segment(account, "payers")
    found = editor.post(url).json()["choices"]
    assert [each["value"] for each in found] == [made.public_id]

"""The page of a job: how it stands, its settings, its runs, its log, deleting it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from lyticsapp.accounts.models import Role, User
from lyticsapp.authorizations.models import Authorization
from lyticsapp.jobs.models import Job, JobHour, JobLog, JobRun, JobState, RunState
from subscriptions.models import Delivery
from tests.lyticsapp.face.rows import ROWS
from tests.lyticsapp.jobs.conftest import HOURLY, now_of, runs_of
from tests.subscriptions.making import make_segment

pytestmark = pytest.mark.django_db


def url_of(job, page="change"):
    return reverse(f"admin:jobs_job_{page}", args=[job.pk])


def text_of(client, job, page="change", **query):
    """What a page of the job shows."""
    return client.get(url_of(job, page), query).content.decode()


@pytest.fixture
def counting(account, keys, test_workflows):
    """Make a job that counts, with no run."""

    def make(state=JobState.SLEEPING, **values):
        return Job.objects.create(
            account=account,
            workflow="count_up",
            label="Sheep",
            state=state,
            authorization=keys,
            config={"upto": 40, "password": "****"},
            **values,
        )

    return make


@pytest.fixture
def trigger(account):
    """A job that drives a subscription."""
    return ROWS["subscriptions.subscription"](account, "Shop").job


def start(job, **values):
    return JobRun.objects.create(
        account=job.account, job=job, state=RunState.RUNNING, **values
    )


def test_the_settings_are_shown_under_their_labels(editor, counting):
    job = counting()
    page = text_of(editor, job)
    for shown in ("Count Up", "Amazon Web Services", "Our keys", "<dt>Up To</dt>"):
        assert shown in page
    assert "<dt>Password</dt><dd>****</dd>" in page
    assert "count_up" not in page


def test_a_secret_is_masked_wherever_it_got_to(editor, counting):
    job = counting()
    job.config["password"] = "hush-hush"
    job.save()
    assert "hush-hush" not in text_of(editor, job)


def test_only_who_may_see_authorizations_is_led_there(client_of, counting):
    job = counting()
    link = reverse(
        "admin:authorizations_authorization_change", args=[job.authorization_id]
    )
    assert link in text_of(client_of(Role.ADMIN), job)
    page = text_of(client_of(Role.VIEWER), job)
    assert link not in page
    assert "Our keys" in page


@pytest.mark.parametrize(
    ("state", "reason", "advice"),
    [
        (JobState.FAILED, "No such bucket.", "Mend what is wrong, then restart it"),
        (JobState.SLEEPING, "No answer.", "It is tried again by itself."),
        (JobState.PAUSED, "", "Resume it, and it goes on where it stopped."),
    ],
)
def test_a_state_tells_why_and_what_to_do(state, reason, advice, editor, counting):
    page = text_of(editor, counting(state, state_reason=reason))
    assert reason in page
    assert advice in page


def test_the_next_five_runs_are_told_in_the_persons_zone(editor, make):
    User.objects.update(time_zone="Asia/Kathmandu")
    job = make(HOURLY)
    Job.objects.for_account(job.account).update(
        state=JobState.SLEEPING, next_run_at=datetime(2030, 1, 2, 12, tzinfo=UTC)
    )
    page = text_of(editor, job)
    for hour in range(17, 22):
        assert f"2 Jan 2030 {hour}:45:00" in page
    assert "2 Jan 2030 22:45:00" not in page
    Job.objects.for_account(job.account).update(state=JobState.PAUSED)
    assert "2 Jan 2030" not in text_of(editor, job)


def test_while_it_runs_the_next_run_is_told_as_if_it_ended_now(editor, make):
    job = make(HOURLY)
    start(job)
    Job.objects.for_account(job.account).update(
        state=JobState.RUNNING, next_run_at=None
    )
    due = editor.get(url_of(job)).context["next_runs"]
    assert len(due) == 5
    assert abs(due[0] - timezone.now() - timedelta(hours=1)) < timedelta(minutes=1)


def test_a_run_tells_what_it_did_and_what_went_wrong(editor, counting):
    job, now = counting(JobState.FAILED), timezone.now()
    JobRun.objects.create(
        account=job.account,
        job=job,
        state=RunState.FAILED,
        started_at=now - timedelta(minutes=3),
        ended_at=now,
        read=12_345,
        failed=67,
        bytes=2048,
        error="The bucket is gone. Make it again.",
    )
    page = text_of(editor, job)
    for shown in ("12,345", "67", "2.0\xa0KB", "after 3 min", "The bucket is gone."):
        assert shown in page
    assert "The job was started" in page


def test_a_run_under_way_tells_how_far_how_fast_and_how_long(editor, counting):
    job = counting(JobState.RUNNING)
    began = timezone.now() - timedelta(seconds=100)
    start(job, started_at=began, done=1000, total=4000)
    page = text_of(editor, job, "live", state="running")
    assert "1,000 of 4,000 (25 %), 10/s, 5 min left" in page
    assert url_of(job, "cancel") in page


def test_a_run_of_no_known_end_tells_what_it_has_read(editor, counting):
    job = counting(JobState.RUNNING)
    start(job, started_at=timezone.now() - timedelta(seconds=100), read=5000)
    page = text_of(editor, job, "live", state="running")
    assert "5,000 read, 50/s" in page
    assert "left" not in page


def test_the_whole_page_is_asked_for_when_the_state_is_another(editor, counting):
    job = counting(JobState.COMPLETED)
    answer = editor.get(url_of(job, "live"), {"state": "running"})
    assert answer["HX-Refresh"] == "true"
    answer = editor.get(url_of(job, "live"), {"state": "completed"})
    assert "HX-Refresh" not in answer


def test_a_run_is_cancelled_after_asking(editor, counting):
    job = counting(JobState.RUNNING)
    start(job)
    assert "Cancel the run" in text_of(editor, job, "cancel")
    assert runs_of(job)[0].cancel_requested_at is None
    editor.post(url_of(job, "cancel"))
    assert runs_of(job)[0].cancel_requested_at is not None
    assert "Being cancelled" in text_of(editor, job)


def test_there_is_a_page_of_all_runs(editor, counting, monkeypatch):
    monkeypatch.setattr("lyticsapp.jobs.admin.RUNS_PER_PAGE", 8)
    job = counting()
    for hour in range(12):
        JobRun.objects.create(
            account=job.account,
            job=job,
            state=RunState.COMPLETED,
            started_at=datetime(2026, 1, 1, hour, tzinfo=UTC),
        )
    page = text_of(editor, job)
    assert url_of(job, "runs") in page
    assert "1 Jan 2026 01:00:00" not in page
    assert "1 Jan 2026 01:00:00" in text_of(editor, job, "runs", p=2)


def test_the_charts_hold_each_hour_of_a_week(editor, counting):
    job = counting()
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    for ago, read, failed in ((0, 30, 1), (167, 10, 0), (168, 500, 0)):
        JobHour.objects.create(
            account=job.account,
            job=job,
            hour=now - timedelta(hours=ago),
            read=read,
            failed=failed,
        )
    page = text_of(editor, job)
    assert "40 read in 168 hours, at most 30 in one" in page
    assert "1 failed in 168 hours, at most 1 in one" in page


def write(job, *lines):
    """Log lines, the last of them the newest."""
    for number, (level, message) in enumerate(lines):
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
        JobLog.objects.create(
            account=job.account, job=job, level=level, message=message, at=at
        )


def test_the_log_is_narrowed_by_level_and_by_run(editor, counting):
    job = counting()
    write(job, ("info", "Fine."), ("warning", "Hm."), ("error", "Oh no."))
    run = start(job)
    JobLog.objects.create(
        account=job.account, job=job, run=run, level="info", message="Of a run."
    )
    for query, shown in [
        ({}, {"Fine.", "Hm.", "Oh no.", "Of a run."}),
        ({"level": "warning"}, {"Hm.", "Oh no."}),
        ({"level": "error"}, {"Oh no."}),
        ({"level": "nonsense", "run": run.pk}, {"Of a run."}),
    ]:
        page = text_of(editor, job, "log", **query)
        assert {
            each
            for each in ("Fine.", "Hm.", "Oh no.", "Of a run.")
            if f">{each}<" in page
        } == shown, query


def test_the_log_comes_page_by_page(editor, counting, monkeypatch):
    monkeypatch.setattr("lyticsapp.jobs.log_page.LINES_PER_PAGE", 2)
    job = counting()
    write(job, *(("info", f"Line {number}.") for number in range(5)))
    seen, before = [], ""
    while before is not None:
        context = editor.get(url_of(job, "log"), {"before": before}).context
        seen.append([line.message for line in context["lines"]])
        before = context["older"]
    assert seen == [["Line 4.", "Line 3."], ["Line 2.", "Line 1."], ["Line 0."]]


def test_a_trigger_leads_to_its_subscription_and_messages(editor, account, trigger):
    segment = make_segment(account, "payers")
    trigger.config = {"segment_ids": [segment.public_id, "f" * 32]}
    trigger.save()
    page = text_of(editor, trigger)
    subscription = trigger.subscription
    assert f"/admin/subscriptions/subscription/{subscription.pk}/change/" in page
    assert f"delivery/?subscription={subscription.public_id}" in page
    segment_url = reverse("admin:definitions_segment_change", args=[segment.pk])
    assert f'<a href="{segment_url}">payers</a>' in page
    assert f"{'f' * 32} (deleted)" in page
    assert ">Runs</h2>" not in page


def test_deleting_a_trigger_tells_what_waits(editor, account, trigger):
    for number in range(2):
        Delivery.objects.create(
            account=account,
            subscription=trigger.subscription,
            profile_id=number,
            cause="event",
            payload={},
        )
    page = text_of(editor, trigger, "delete")
    assert "Messages that still wait are not sent (now: 2)." in page
    assert "The subscription and its deliveries go, too." in page
    assert now_of(trigger).state != JobState.DELETED
    editor.post(url_of(trigger, "delete"), {"post": "yes"})
    assert now_of(trigger).state == JobState.DELETED


def test_deleting_another_job_tells_what_goes(editor, counting):
    page = text_of(editor, counting(), "delete")
    assert "Its runs and log go." in page


def test_a_job_of_an_old_release_is_still_shown(editor, account):
    job = Job.objects.create(
        account=account, workflow="forgotten", label="Old", config={"upto": 3}
    )
    page = text_of(editor, job)
    assert "forgotten" in page
    assert "<dt>upto</dt>" in page


def test_a_viewer_sees_all_and_does_nothing(client_of, counting):
    viewer, job = client_of(Role.VIEWER), counting(JobState.RUNNING)
    start(job)
    page = text_of(viewer, job)
    assert "The run under way" in page
    assert "<dt>Up To</dt>" in page
    for name in ("edit", "pause", "cancel", "delete"):
        assert url_of(job, name) not in page
        assert viewer.post(url_of(job, name), {"post": "yes"}).status_code == 403
    assert runs_of(job)[0].cancel_requested_at is None
    assert viewer.get(url_of(job, "log")).status_code == 200
    assert viewer.get(url_of(job, "runs")).status_code == 200


def test_home_tells_what_failed_and_what_runs(editor, counting):
    failed = counting(JobState.FAILED, state_reason="No such bucket.")
    run = start(counting(JobState.RUNNING), done=5, total=10)
    page = editor.get(reverse("admin:home_part", args=["jobs"])).content.decode()
    assert url_of(failed) in page
    assert "No such bucket." in page
    assert url_of(run.job) in page
    assert "5 of 10 (50 %)" in page
    assert "?state=failed" in page


def test_another_authorization_is_chosen_where_a_job_is_edited(
    account, editor, counting
):
    job = counting()
    other = Authorization.objects.create(
        account=account, provider="aws", method="keys", label="Other keys"
    )
    page = text_of(editor, job, "edit")
    assert "Our keys" in page
    assert "Other keys" in page
    said = {
        "label": "Sheep",
        "config_upto": "40",
        "authorization": other.public_id,
        "version": job.version,
    }
    assert editor.post(url_of(job, "edit"), said).status_code == 302
    assert now_of(job).authorization == other
    refused = editor.post(url_of(job, "edit"), {**said, "authorization": ""})
    assert "This field is required" in refused.content.decode()

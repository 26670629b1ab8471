"""The jobs dashboard and the page of a job, used as people use them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from lyticsapp.accounts.models import Role
from lyticsapp.authorizations.models import Authorization
from lyticsapp.jobs import workflow
from lyticsapp.jobs.models import Job, JobHour, JobLog, JobRun, JobState, RunState
from tests.browser.conftest import NARROW, WIDE, assert_fit_to_use, follow
from tests.local_aws import allow
from tests.lyticsapp.face.rows import ROWS
from tests.lyticsapp.jobs import workflows

LOOKS = [(WIDE, "light"), (NARROW, "dark")]
LIST = "/admin/jobs/job/"


@pytest.fixture(autouse=True)
def _counting(monkeypatch):
    found = {**workflow._finders, "tests": lambda: workflow.in_package(workflows)}
    monkeypatch.setattr(workflow, "_finders", found)
    workflow.registry.cache_clear()
    yield
    workflow.registry.cache_clear()


@pytest.fixture
def jobs(account):
    """A job of each kind, some with a run, by their labels."""
    keys = Authorization.objects.create(
        account=account, provider="aws", method="keys", label="Our keys"
    )
    now = timezone.now()
    ROWS["subscriptions.subscription"](account, "Shop")
    for label, state in [
        ("Daily import of the members of the shop", JobState.RUNNING),
        ("Goats", JobState.FAILED),
        ("Sheep", JobState.SLEEPING),
    ]:
        job = Job.objects.create(
            account=account,
            workflow="count_up",
            label=label,
            state=state,
            authorization=keys,
            config={"upto": 40, "password": "****"},
            next_run_at=now + timedelta(hours=5) if label == "Sheep" else None,
        )
        JobRun.objects.create(
            account=account, job=job, state="completed", started_at=now, ended_at=now
        )
    return {each.label: each for each in Job.objects.for_account(account)}


def shown_labels(page):
    return page.locator("#result_list tbody th")


def state_of(job):
    return Job.objects.for_account(job.account_id).get(pk=job.pk).state


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_jobs_are_found_paused_and_resumed(width, theme, admin, jobs, open_page):
    page = open_page(admin, width, theme)
    page.goto(LIST)
    expect(shown_labels(page)).to_have_count(4)
    page.get_by_label("Type").select_option("Count Up")
    expect(shown_labels(page)).to_have_count(3)
    page.get_by_label("Label or id").fill("shee")
    page.get_by_role("button", name="Search").click()
    expect(shown_labels(page)).to_have_text(["Sheep"])
    page.get_by_role("link", name="Clear").click()
    for label in ("Sheep", "Goats"):
        row = page.get_by_role("row").filter(has_text=label)
        row.get_by_role("checkbox").check()
    expect(page.get_by_text("2 chosen")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pause 2 jobs?")
    assert_fit_to_use(page)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("1 job paused.")).to_be_visible()
    expect(page.get_by_text("“Goats” was not paused")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("row").filter(has_text="Sheep").get_by_role("checkbox").check()
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("1 job resumed.")).to_be_visible()
    assert state_of(jobs["Sheep"]) == JobState.SLEEPING


def test_all_jobs_of_the_page_are_chosen_at_once(admin, jobs, open_page):
    page = open_page(admin)
    page.goto(LIST)
    page.get_by_role("checkbox").first.check()
    expect(page.get_by_text("4 chosen")).to_be_visible()
    page.get_by_role("checkbox").first.uncheck()
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()


@pytest.fixture
def under_way(jobs):
    """A run that is a quarter done, of a job with a past."""
    job = next(each for each in jobs.values() if each.state == JobState.RUNNING)
    now = timezone.now()
    rows = {"account": job.account, "job": job}
    JobRun.objects.create(
        **rows,
        state=RunState.FAILED,
        started_at=now - timedelta(hours=2),
        ended_at=now - timedelta(hours=1),
        read=120_000,
        failed=35,
        bytes=3_000_000,
        error="The file members.csv has no column “email”. Choose another file.",
    )
    for level in ("info", "warning", "error"):
        context = {"row": 7} if level == "warning" else {}
        JobLog.objects.create(
            **rows, level=level, message=f"The {level} line.", context=context
        )
    for ago in range(60):
        JobHour.objects.create(
            **rows,
            hour=now.replace(minute=0, second=0, microsecond=0)
            - timedelta(hours=ago * 2),
            read=ago * 37 % 1000,
            failed=ago % 5,
        )
    began = now - timedelta(seconds=100)
    return JobRun.objects.create(
        **rows,
        state="running",
        started_at=began,
        done=1000,
        total=4000,
        cause="schedule",
    )


def page_of(job):
    return f"/admin/jobs/job/{job.pk}/change/"


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_a_run_is_watched_and_cancelled(width, theme, admin, under_way, open_page):
    page = open_page(admin, width, theme)
    page.goto(page_of(under_way.job))
    expect(page.get_by_text("1,000 of 4,000 (25 %)")).to_be_visible()
    assert_fit_to_use(page)
    JobRun.objects.for_account(under_way.account).filter(pk=under_way.pk).update(
        done=3000
    )
    expect(page.get_by_text("3,000 of 4,000 (75 %)")).to_be_visible()
    follow(page.get_by_role("link", name="Cancel the run"))
    assert_fit_to_use(page)
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_text("Being cancelled", exact=True)).to_be_visible()
    Job.objects.for_account(under_way.account).filter(pk=under_way.job_id).update(
        state=JobState.SLEEPING
    )
    expect(page.get_by_role("link", name="Run now")).to_be_visible()


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_the_log_is_narrowed(width, theme, admin, under_way, open_page):
    page = open_page(admin, width, theme)
    page.goto(page_of(under_way.job))
    page.get_by_role("link", name="The whole log").click()
    expect(page.get_by_text("The info line.")).to_be_visible()
    page.get_by_label("Level").select_option("Errors")
    expect(page.get_by_text("The info line.")).to_have_count(0)
    expect(page.get_by_text("The error line.")).to_be_visible()
    page.get_by_label("Level").select_option("All levels")
    expect(page.get_by_text("The warning line.")).to_be_visible()
    assert_fit_to_use(page)


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_a_trigger_shows_how_its_subscription_fares(
    width, theme, admin, jobs, open_page
):
    page = open_page(admin, width, theme)
    page.goto(page_of(jobs["Shop job"]))
    expect(page.get_by_text("Delivered in 24 hours")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("link", name="Delete").click()
    expect(
        page.get_by_text("Messages that still wait are not sent (now: 0).")
    ).to_be_visible()
    assert_fit_to_use(page)


def test_home_leads_to_what_failed(admin, under_way, open_page):
    page = open_page(admin)
    page.goto("/admin/")
    expect(page.get_by_text("1,000 of 4,000 (25 %)")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("link", name="Goats").click()
    expect(page.get_by_text("Mend what is wrong")).to_be_visible()


def test_a_viewer_is_offered_nothing(account, person_in, jobs, under_way, open_page):
    page = open_page(person_in(account, Role.VIEWER))
    page.goto(LIST)
    expect(shown_labels(page)).to_have_count(4)
    expect(page.get_by_role("checkbox")).to_have_count(0)
    expect(page.get_by_role("link", name="New job")).to_have_count(0)
    page.goto(page_of(under_way.job))
    expect(page.get_by_text("1,000 of 4,000 (25 %)")).to_be_visible()
    for name in ("Pause", "Edit", "Delete", "Cancel the run"):
        expect(page.get_by_role("link", name=name)).to_have_count(0)


def test_what_a_job_may_is_tried_step_by_step(admin, account, installation, open_page):
    own = installation.client("s3")
    own.create_bucket(Bucket="orders")
    user = installation.user(allow("s3:ListBucket", "*"))
    keys = Authorization.objects.create(
        account=account,
        provider="aws",
        method="keys",
        label="Our keys",
        config={"access_key": user.access_key_id, "secret_key": "****"},
        secrets={"secret_key": user.secret_access_key},
    )
    job = Job.objects.create(
        account=account,
        workflow="count_objects",
        label="Orders",
        state=JobState.RUNNING,
        authorization=keys,
        config={"bucket": "orders"},
    )
    own.put_object(Bucket="orders", Key="a", Body=b"1")
    page = open_page(admin, NARROW, "dark")
    page.goto(f"/admin/jobs/job/{job.pk}/change/")
    page.get_by_role("link", name="Test").click()
    expect(page.locator("main")).to_contain_text("List orders, Read orders")
    page.get_by_role("button", name="Test").click()
    expect(page.locator("#tested table")).to_contain_text("Missing: s3:GetObject")
    expect(page.locator("#tested table")).to_contain_text("Passed")
    assert_fit_to_use(page)

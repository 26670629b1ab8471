"""The jobs dashboard and the page of a job, used as people use them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from lyticsapp.accounts.models import Role
from lyticsapp.authorizations.models import Authorization
from lyticsapp.jobs import workflow
from lyticsapp.jobs.models import Job, JobRun, JobState
from tests.browser.conftest import NARROW, WIDE, assert_fit_to_use
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


def test_a_viewer_is_offered_nothing(account, person_in, jobs, open_page):
    page = open_page(person_in(account, Role.VIEWER))
    page.goto(LIST)
    expect(shown_labels(page)).to_have_count(4)
    expect(page.get_by_role("checkbox")).to_have_count(0)
    expect(page.get_by_role("link", name="New job")).to_have_count(0)

"""Setting up jobs: the wizard walked as people walk it, also with keys alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.authorizations.aws import buckets
from lyticsapp.authorizations.models import Authorization
from lyticsapp.jobs import workflow
from lyticsapp.jobs.models import Job, JobState
from subscriptions import lookup
from tests.browser.conftest import NARROW, WIDE, assert_fit_to_use, follow
from tests.lyticsapp.jobs import workflows
from tests.subscriptions.making import make_segment

LOOKS = [(WIDE, "light"), (NARROW, "dark")]


@pytest.fixture(autouse=True)
def _counting(monkeypatch):
    found = {**workflow._finders, "tests": lambda: workflow.in_package(workflows)}
    monkeypatch.setattr(workflow, "_finders", found)
    workflow.registry.cache_clear()
    yield
    workflow.registry.cache_clear()


@pytest.fixture
def keys(account):
    return Authorization.objects.create(
        account=account, provider="aws", method="keys", label="Our keys"
    )


def to_configuration(page, provider, kind, authorization):
    page.goto("/admin/jobs/job/")
    page.get_by_role("link", name="New job").first.click()
    for choice in (provider, kind, authorization):
        assert_fit_to_use(page)
        follow(page.get_by_role("link", name=choice))


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_a_webhook_trigger_is_set_up(width, theme, admin, account, open_page, settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    for slug in ("payers", "regulars"):
        make_segment(account, slug)
    page = open_page(admin, width, theme)
    to_configuration(page, "Webhook", "Export Audience Triggers", "None")
    page.get_by_label("Label").fill("To the shop")
    page.get_by_role("button", name="Add payers").click()
    page.get_by_label("Webhook URL").fill("ftp://127.0.0.1/hook")
    page.get_by_role("button", name="Start Export").click()
    expect(page.locator("main")).to_contain_text("must be a web address")
    expect(page.get_by_role("button", name="Remove payers")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_label("Webhook URL").fill("http://127.0.0.1:9/hook")
    page.get_by_role("button", name="Start Export").click()
    expect(page.get_by_role("status").first).to_contain_text("has started")
    job = Job.objects.for_account(account).get()
    subscription = lookup.driven_by(job)
    assert [each.slug for each in subscription.segments.all()] == ["payers"]
    assert_fit_to_use(page)


def test_choices_are_searched_paged_and_typed(admin, account, keys, open_page):
    page = open_page(admin)
    to_configuration(page, "Amazon Web Services", "Count Up", "Our keys")
    page.get_by_label("Label").fill("Sheep")
    page.get_by_label("Up To").fill("3")
    beach = page.get_by_role("combobox", name="Beach")
    beach.press("ArrowDown")
    options = page.get_by_role("option")
    expect(options).to_have_count(20)
    options.last.scroll_into_view_if_needed()
    expect(options).to_have_count(40)
    beach.fill("042")
    expect(options).to_have_text(["beach-042"])
    options.click()
    expect(beach).to_have_value("beach-042")
    beach.fill("any other")
    page.get_by_role("button", name="Show Advanced Options").click()
    page.get_by_label("Password").fill("hush-hush")
    page.reload()
    expect(page.get_by_label("Label")).to_have_value("Sheep")
    expect(beach).to_have_value("any other")
    page.get_by_role("button", name="Show Advanced Options").click()
    expect(page.get_by_label("Password")).to_have_value("")
    page.get_by_role("button", name="Start Import").click()
    expect(page.get_by_role("status").first).to_contain_text("has started")
    job = Job.objects.for_account(account).get()
    assert job.config == {"upto": 3, "beach": "any other"}
    assert job.authorization == keys


def test_a_job_is_set_up_with_the_keyboard_alone(admin, account, keys, open_page):
    page = open_page(admin)
    page.goto("/admin/jobs/job/add/")

    def to(locator):
        for _ in range(80):
            page.keyboard.press("Tab")
            if locator.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"no Tab leads to {locator}")

    for name in ("Amazon Web Services", "Count Up", "Our keys"):
        to(page.get_by_role("link", name=name))
        page.keyboard.press("Enter")
        page.wait_for_load_state()
    to(page.get_by_label("Label"))
    page.keyboard.type("Sheep")
    to(page.get_by_label("Up To"))
    page.keyboard.type("3")
    to(page.get_by_role("combobox", name="Beach"))
    page.keyboard.type("beach-007")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    to(page.get_by_role("button", name="Start Import"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("has started")
    assert Job.objects.for_account(account).get().config["beach"] == "beach-007"


def test_of_two_who_edit_the_second_is_told(admin, account, keys, open_page):
    page, other = open_page(admin), open_page(admin)
    to_configuration(page, "Amazon Web Services", "Count Up", "Our keys")
    page.get_by_label("Label").fill("Sheep")
    page.get_by_label("Up To").fill("3")
    page.get_by_role("button", name="Start Import").click()
    page.get_by_role("link", name="Edit").click()
    other.goto(page.url)
    for each, label in ((page, "Goats"), (other, "Cows")):
        each.get_by_label("Label").fill(label)
        each.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved")
    expect(other.get_by_role("alert")).to_contain_text("Somebody else has changed")
    assert_fit_to_use(other)
    assert Job.objects.for_account(account).get().label == "Goats"


def test_a_job_is_paused_resumed_and_deleted(admin, account, keys, open_page):
    page = open_page(admin)
    to_configuration(page, "Amazon Web Services", "Count Up", "Our keys")
    page.get_by_label("Label").fill("Sheep")
    page.get_by_label("Up To").fill("3")
    page.get_by_role("button", name="Start Import").click()
    for verb, done in (("Pause", "Paused."), ("Resume", "Resumed.")):
        page.get_by_role("link", name=verb).click()
        page.get_by_role("button", name=verb).click()
        expect(page.get_by_role("status").first).to_contain_text(done)
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status").first).to_contain_text("deleted")
    assert Job.objects.for_account(account).get().state == JobState.DELETED


def test_delegated_access_is_chosen_in_place_of_an_authorization(
    admin, account, open_page
):
    page = open_page(admin, NARROW, "dark")
    to_configuration(
        page,
        "Amazon Web Services",
        "Count Objects",
        "Use Delegated Access To Lytics with AWS IAM",
    )
    page.get_by_label("Label").fill("Orders")
    bucket = page.get_by_role("combobox", name="Bucket")
    bucket.fill("orders")
    page.get_by_role("button", name="Start Import").click()
    expect(page.locator("main")).to_contain_text("orders is not granted to this")
    assert_fit_to_use(page)
    buckets.grant(account, "orders", SYSTEM)
    bucket.fill("")
    bucket.press("ArrowDown")
    page.get_by_role("option", name="orders").click()
    page.get_by_role("button", name="Start Import").click()
    expect(page.get_by_role("status").first).to_contain_text("has started")
    assert Job.objects.for_account(account).get().authorization is None

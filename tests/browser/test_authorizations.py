"""Authorizations, made and mended by the steps of the documents."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from lyticsapp.accounts.models import Role
from lyticsapp.authorizations.models import Authorization, ExternalId
from lyticsapp.jobs import lifecycle as jobs
from lyticsapp.jobs import workflow
from tests.browser.conftest import NARROW, WIDE, assert_fit_to_use, follow
from tests.local_aws import trust
from tests.lyticsapp.jobs import workflows

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"


@pytest.fixture
def _counting(monkeypatch):
    found = {**workflow._finders, "tests": lambda: workflow.in_package(workflows)}
    monkeypatch.setattr(workflow, "_finders", found)
    workflow.registry.cache_clear()
    yield
    workflow.registry.cache_clear()


def fill_in(page, **fields):
    for label, value in fields.items():
        page.get_by_label(label.replace("_", " "), exact=False).first.fill(value)


@pytest.mark.parametrize(("width", "theme"), [(WIDE, "light"), (NARROW, "dark")])
def test_keys_are_made_shown_without_secrets_and_mended(
    width, theme, admin, account, open_page
):
    page = open_page(admin, width, theme)
    page.goto("/admin/authorizations/authorization/")
    follow(page.get_by_role("link", name="New authorization").first)
    assert_fit_to_use(page)
    follow(page.get_by_role("link", name="Amazon Web Services"))
    assert_fit_to_use(page)
    page.get_by_role("link", name="AWS Keys An access key").click()
    fill_in(page, Label="Our keys", Access_Key="no", Secret_Key="hush-hush")
    page.get_by_role("button", name="Save Authorization").click()
    expect(page.locator("main")).to_contain_text("must be 16 to 128 letters")
    assert_fit_to_use(page)
    fill_in(page, Access_Key=ACCESS_KEY, Secret_Key="hush-hush")
    page.get_by_role("button", name="Save Authorization").click()
    expect(page.get_by_role("status").first).to_contain_text("is saved")
    assert "hush-hush" not in page.content()
    assert_fit_to_use(page)
    made = Authorization.objects.for_account(account).get()
    assert made.secrets == {"secret_key": "hush-hush"}
    fill_in(page, Secret_Key="a new one")
    page.get_by_role("button", name="Save Authorization").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved")
    made.refresh_from_db()
    assert made.secrets == {"secret_key": "a new one"}


def made(page, way, **fields):
    """Fill in the form of a method, and save it."""
    page.goto(f"/admin/authorizations/authorization/add/{way}/")
    fill_in(page, **fields)
    page.get_by_role("button", name="Save Authorization").click()
    expect(page.get_by_role("status").first).to_contain_text("is saved")


def try_it(page, result):
    """Test the connection, and see the result in every row that has one."""
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#connection table")).to_contain_text(result)
    assert_fit_to_use(page)


def test_keys_are_tested_broken_and_mended(admin, installation, open_page):
    user = installation.user()
    page = open_page(admin)
    made(
        page,
        "aws/keys",
        Label="Our keys",
        Access_Key=user.access_key_id,
        Secret_Key="wrong" * 8,
    )
    try_it(page, "Failed")
    expect(page.locator("#connection form")).to_contain_text("Unhealthy")
    fill_in(page, Secret_Key=user.secret_access_key)
    page.get_by_role("button", name="Save Authorization").click()
    try_it(page, installation.arn_of(user))
    expect(page.locator("#connection form")).to_contain_text("Healthy")
    page.goto("/admin/authorizations/authorization/?health=healthy")
    expect(page.get_by_role("link", name="Our keys")).to_be_visible()


def test_a_role_is_told_what_to_trust_and_warned_of(admin, installation, open_page):
    customer = installation.administrator("222222222222")
    arn = installation.role(trust(installation.arn), keys=customer)
    page = open_page(admin, NARROW, "dark")
    made(page, "aws/role", Label="Their role", Role_ARN=arn)
    expect(page.locator("main")).to_contain_text(installation.arn)
    try_it(page, "asks for no external id")
    external_id = ExternalId.across_accounts.get().value
    expect(page.locator("main")).to_contain_text(external_id)
    strict = trust(installation.arn, external_id=external_id)
    fill_in(page, Role_ARN=installation.role(strict, keys=customer))
    page.get_by_role("button", name="Save Authorization").click()
    try_it(page, "Passed")
    expect(page.locator("#connection")).not_to_contain_text("Warned")


def test_delegation_is_written_out_in_ones_own_names(admin, installation, open_page):
    page = open_page(admin, NARROW, "dark")
    page.goto("/admin/authorizations/authorization/")
    page.get_by_role("link", name="Delegated access").click()
    page.get_by_label("AWS Account").fill("1111")
    page.get_by_role("button", name="Write").first.click()
    expect(page.locator("main")).to_contain_text("must be 12 digits")
    page.get_by_label("AWS Account").fill("222222222222")
    page.get_by_label("Stream Name").fill("our_triggers")
    page.get_by_role("button", name="Write").first.click()
    external_id = ExternalId.across_accounts.get().value
    for text in (installation.arn, external_id):
        expect(page.locator("#trust")).to_contain_text(text)
    expect(page.locator("#stream")).to_contain_text(
        "arn:aws:kinesis:us-west-2:222222222222:stream/our_triggers"
    )
    expect(page.locator("#cli")).to_contain_text("aws iam create-role")
    expect(page.locator("#cleanup")).to_contain_text("aws iam delete-role")
    assert_fit_to_use(page)
    page.get_by_label("Bucket").fill("our-bucket")
    page.get_by_role("button", name="Write").last.click()
    expect(page.locator("#bucket-policy")).to_contain_text("arn:aws:s3:::our-bucket/*")


@pytest.mark.usefixtures("_counting")
def test_one_is_made_inside_a_job_being_set_up(admin, account, open_page):
    page = open_page(admin)
    page.goto("/admin/jobs/job/add/aws/count_up/")
    page.get_by_role("link", name="Create a new authorization").click()
    page.get_by_role("link", name="AWS Keys An access key").click()
    fill_in(page, Label="Our keys", Access_Key=ACCESS_KEY, Secret_Key="hush-hush")
    page.get_by_role("button", name="Save Authorization").click()
    expect(page.locator("main")).to_contain_text("with Our keys")
    expect(page.get_by_role("button", name="Start Import")).to_be_visible()


@pytest.mark.usefixtures("_counting")
def test_one_that_is_used_is_not_deleted(admin, account, open_page):
    made = Authorization.objects.create(
        account=account, provider="aws", method="keys", label="Our keys"
    )
    jobs.create(
        account=account,
        workflow="count_up",
        label="Sheep",
        authorization=made,
        config={"upto": 1},
        actor=jobs.SYSTEM,
    )
    page = open_page(admin)
    page.goto(f"/admin/authorizations/authorization/{made.pk}/change/")
    expect(page.get_by_role("link", name="Sheep")).to_be_visible()
    page.get_by_role("link", name="Delete").click()
    expect(page.locator("main")).to_contain_text("cannot be deleted yet")
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)


@pytest.mark.usefixtures("_counting")
def test_an_editor_uses_authorizations_and_a_viewer_sets_up_nothing(
    account, person_in, open_page
):
    Authorization.objects.create(
        account=account, provider="aws", method="keys", label="Our keys"
    )
    page = open_page(person_in(account, Role.EDITOR))
    page.goto("/admin/jobs/job/add/aws/count_up/")
    expect(page.get_by_role("link", name="Our keys")).to_be_visible()
    expect(page.get_by_role("link", name="Create a new authorization")).to_have_count(0)
    assert page.goto("/admin/authorizations/authorization/").status == 403
    viewer = open_page(person_in(account, Role.VIEWER))
    assert viewer.goto("/admin/jobs/job/add/").status == 403

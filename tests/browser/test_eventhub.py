"""The documented steps of exporting audiences to an event hub, walked in order."""

from __future__ import annotations

import orjson
import pytest
from playwright.sync_api import expect

from lyticsapp.jobs.models import Job
from subscriptions import backfill, lookup
from tests.browser.conftest import NARROW, assert_fit_to_use, follow
from tests.local_hubs import HUB, SENDER
from tests.segments.pipeline.accounts import drain, put_events
from tests.subscriptions.making import make_segment, send_all

METHODS = {
    "connection_string": "Event Hub Connection String",
    "sas": "Shared Access Policy",
    "entra": "Microsoft Entra ID",
}
LABELS = ("Label", "Description", "Audience", "Existing Users", "Start Export")
DOCUMENTED = {"_created", "_modified", "email", "user_id", "segment_events"}
OF_AN_EVENT = {"id", "event", "enter", "exit", "slug"}
OF_META = {"object", "subscription_id", "timestamp"}


def good(hubs, method):
    """What is to be filled in, under its labels; the last is the secret."""
    return {
        "connection_string": {"Connection String": hubs.connection_string(SENDER)},
        "sas": {
            "Event Hubs Namespace": hubs.host,
            "Policy Name": SENDER.name,
            "Policy Key": SENDER.key,
        },
        "entra": {
            "Event Hubs Namespace": hubs.host,
            "Tenant ID": hubs.tenant_id,
            "Client ID": hubs.client_id,
            "Client Secret": hubs.client_secret,
        },
    }[method]


def saved(page, fields, says="Saved"):
    for label, value in fields.items():
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Save Authorization").click()
    expect(page.get_by_role("status").first).to_contain_text(says)


def try_it(page, health):
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#connection form")).to_contain_text(health)
    assert_fit_to_use(page)


@pytest.mark.parametrize("method", METHODS)
def test_an_authorization_is_made_tested_broken_and_mended(
    hubs, admin, open_page, method
):
    page = open_page(admin, NARROW, "dark")
    page.goto("/admin/authorizations/authorization/")
    for choice in ("New authorization", "Microsoft Azure", METHODS[method]):
        assert_fit_to_use(page)
        follow(page.get_by_role("link", name=choice).first)
    fields = good(hubs, method)
    saved(page, {"Label": "Our hubs", **fields}, "is saved")
    try_it(page, "Healthy")
    label, secret = list(fields.items())[-1]
    wrong = hubs.connection_string(SENDER, key="d3Jvbmc=")
    saved(page, {label: wrong if method == "connection_string" else "d3Jvbmc="})
    try_it(page, "Unhealthy")
    assert "d3Jvbmc=" not in page.content()
    saved(page, {label: secret})
    try_it(page, "Healthy")
    expect(page.locator("#connection form")).not_to_contain_text("Unhealthy")


def in_documented_order(page):
    """Whether the page's fields are there under their labels, in their order."""
    text = page.locator("main").inner_text()
    places = [text.find(f"\n{label}") for label in LABELS]
    return -1 not in places and places == sorted(places)


def arrived(hubs):
    found = [each for bodies in hubs.bodies().values() for each in bodies]
    return [orjson.loads(each) for each in found]


def assert_documented(message):
    assert message["data"].keys() >= DOCUMENTED
    assert message["meta"].keys() >= OF_META
    for event in message["data"]["segment_events"]:
        assert event.keys() >= OF_AN_EVENT


def test_audiences_are_exported_by_the_documented_steps(
    hubs, admin, account, open_page
):
    make_segment(account, "payers")
    put_events(account, [{"user_id": "ada", "email": "ada@x.org", "payers": "t"}])
    drain(account)
    page = open_page(admin)
    page.goto("/admin/jobs/job/add/")
    follow(page.get_by_role("link", name="Microsoft Azure"))
    follow(page.get_by_role("link", name="Export Audiences (Event Hub)"))
    follow(page.get_by_role("link", name="Create a new authorization"))
    follow(page.get_by_role("link", name="Shared Access Policy"))
    for label, value in {"Label": "Our hubs", **good(hubs, "sas")}.items():
        page.get_by_label(label).fill(value)
    follow(page.get_by_role("button", name="Save Authorization"))
    assert_fit_to_use(page)
    assert in_documented_order(page)
    page.get_by_label("Label").fill("To our hub")
    page.get_by_label("Description").fill("Whoever pays")
    page.get_by_role("button", name="Add payers").click()
    page.get_by_label("Existing Users").check()
    page.get_by_role("button", name="Start Export").click()
    expect(page.locator("main")).to_contain_text("is required where the connection")
    page.get_by_label("Event Hub", exact=True).fill(HUB)
    page.get_by_role("button", name="Start Export").click()
    expect(page.get_by_role("status").first).to_contain_text("has started")
    assert_fit_to_use(page)

    subscription = lookup.driven_by(Job.objects.for_account(account).get())
    assert subscription.config["event_hub"] == HUB
    backfill.work(subscription.id)
    send_all(subscription)
    (existing,) = arrived(hubs)
    assert_documented(existing)
    put_events(account, [{"user_id": "eve", "email": "eve@x.org", "payers": "t"}])
    put_events(account, [{"user_id": "ada", "payers": "f"}])
    drain(account)
    send_all(subscription)
    messages = arrived(hubs)
    for each in messages:
        assert_documented(each)
    told = [
        (each["data"]["user_id"], each["data"]["segment_events"][0]["event"])
        for each in messages
    ]
    assert sorted(told) == [("ada", "enter"), ("ada", "exit"), ("eve", "enter")]
    assert told.index(("ada", "enter")) < told.index(("ada", "exit"))

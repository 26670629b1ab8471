"""What people come for: tokens, segments, subscriptions, and who may do what."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from lyticsapp.accounts import tokens
from lyticsapp.accounts.models import ApiToken, Role
from lyticsapp.jobs.models import JobState
from segments.definitions.models import Recompute, Segment
from subscriptions.models import Subscription
from tests.browser.conftest import assert_fit_to_use
from tests.waiting import wait_until


def listed(page, name):
    """The link to an object in the list of such."""
    return page.locator("#result_list").get_by_role("link", name=name)


def test_a_token_is_seen_once(admin, account, open_page):
    page = open_page(admin)
    page.goto("/admin/accounts/apitoken/")
    page.get_by_role("link", name="Create a token").first.click()
    page.get_by_label("Name").fill("Web shop")
    page.get_by_label("Data: send events").check()
    page.get_by_role("button", name="Create").click()
    text = page.locator("#shown-once").inner_text()
    assert tokens.verify(text).name == "Web shop"
    assert_fit_to_use(page)
    page.reload()
    expect(page.get_by_role("link", name="Web shop")).to_be_visible()
    assert ApiToken.objects.for_account(account).count() == 1
    page.get_by_role("link", name="Web shop").click()
    assert text.split(".")[2] not in page.content()


def test_a_bad_filter_is_mended(admin, account, open_page):
    page = open_page(admin)
    page.goto("/admin/definitions/segment/")
    page.get_by_role("link", name="New segment").first.click()
    page.get_by_label("Name").fill("Paying users")
    page.get_by_role("tab", name="FilterQL").click()
    page.get_by_label("FilterQL").fill('FILTER AND (\n  paying_user == = "t"\n)')
    page.get_by_role("button", name="Save").click()
    error = page.locator(".errorlist")
    expect(error).to_contain_text(re.compile(r"line 2, column \d+"))
    told = error.inner_text().split("\n")
    assert told[-1].strip() == "^"
    assert_fit_to_use(page)
    page.get_by_label("FilterQL").fill('FILTER AND (\n  paying_user = "t"\n)')
    page.get_by_role("button", name="Save").click()
    expect(listed(page, "Paying users")).to_be_visible()
    assert Segment.objects.for_account(account).get().slug == "paying_users"


def test_an_unknown_include_is_told_at_the_filter(admin, account, open_page):
    page = open_page(admin)
    page.goto("/admin/definitions/segment/add/")
    page.get_by_label("Name").fill("Others")
    page.get_by_role("tab", name="FilterQL").click()
    page.get_by_label("FilterQL").fill("FILTER AND ( INCLUDE nobody_knows )")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".errorlist")).to_contain_text("nobody_knows")
    assert not Segment.objects.for_account(account).exists()


def test_deleting_asks_first(admin, account, rows, open_page):
    segment = rows["definitions.segment"]
    page = open_page(admin)
    page.goto(f"/admin/definitions/segment/{segment.pk}/change/")
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("link", name="Cancel").click()
    assert Segment.objects.for_account(account).filter(pk=segment.pk).exists()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status")).to_contain_text("deleted")
    assert not Segment.objects.for_account(account).filter(pk=segment.pk).exists()


def test_what_is_used_is_not_deleted(admin, rows, open_page):
    segment = rows["subscriptions.subscription"].segments.get()
    page = open_page(admin)
    page.goto(f"/admin/definitions/segment/{segment.pk}/delete/")
    expect(page.locator("main")).to_contain_text("cannot be deleted yet")
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)


def test_progress_is_shown_until_it_is_done(admin, account, rows, open_page):
    segment = rows["definitions.segment"]
    walk = Recompute.objects.create(
        account=account, segment=segment, silent=True, total=12
    )
    part = walk.parts.create(cursor=3, last_profile_id=12, done=3)
    page = open_page(admin)
    page.goto(f"/admin/definitions/segment/{segment.pk}/change/")
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.locator("main")).to_contain_text("3 of 12 users (25 %)")
    part.done = 9
    part.save()
    expect(page.locator("main")).to_contain_text("9 of 12 users (75 %)")
    walk.delete()
    expect(page.locator("main")).to_contain_text("the members are up to date")


def test_a_subscription_is_changed_in_its_job_and_paused(
    admin, account, rows, open_page
):
    subscription = rows["subscriptions.subscription"]
    subscription.job.state = JobState.RUNNING
    subscription.job.save()
    page = open_page(admin)
    page.goto("/admin/subscriptions/subscription/")
    page.get_by_role("link", name="New subscription").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New job")
    page.goto("/admin/subscriptions/subscription/")
    listed(page, str(subscription)).click()
    assert_fit_to_use(page)
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Headers").fill("Authorization: hush-hush\nX-Number: 47")
    page.get_by_label("Webhook URL").fill("https://shop.example.com/hook")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved")
    page.get_by_role("link", name="Subscription “").click()
    expect(page.locator("main")).to_contain_text("Authorization: ****")
    assert "hush-hush" not in page.content()
    made = Subscription.objects.for_account(account).get(pk=subscription.pk)
    assert made.secrets == {"headers": {"Authorization": "hush-hush"}}
    page.get_by_role("link", name="Pause").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("status")).to_contain_text("Paused")
    expect(page.get_by_role("link", name="Resume")).to_be_visible()
    assert_fit_to_use(page)


def test_a_user_is_found_by_an_identity(admin, rows, open_page):
    identity = rows["profiles.profile"].identities.get()
    page = open_page(admin)
    page.goto("/admin/profiles/profile/")
    page.get_by_role("searchbox").fill(identity.value)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=identity.value).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(identity.value)
    assert_fit_to_use(page)


def test_a_list_is_filtered_with_the_keyboard(admin, rows, open_page):
    page = open_page(admin)
    page.goto("/admin/subscriptions/delivery/")
    page.get_by_label("State").focus()
    page.get_by_label("State").select_option("Dead")
    expect(page.locator("main")).to_contain_text("Nothing found")
    page.get_by_role("link", name="Show all").click()
    wait_until(lambda: "state" not in page.url, what="the filter to be cleared")


def test_a_viewer_is_offered_no_change(account, person_in, rows, open_page):
    page = open_page(person_in(account, Role.VIEWER))
    page.goto("/admin/definitions/segment/")
    expect(page.get_by_role("link", name="New segment")).to_have_count(0)
    page.goto(f"/admin/definitions/segment/{rows['definitions.segment'].pk}/change/")
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    expect(page.get_by_role("link", name="Delete")).to_have_count(0)
    assert_fit_to_use(page)
    page.goto(
        f"/admin/subscriptions/subscription/"
        f"{rows['subscriptions.subscription'].pk}/change/"
    )
    expect(page.get_by_role("link", name="Pause")).to_have_count(0)
    assert page.goto("/admin/accounts/apitoken/").status == 403
    expect(page.get_by_role("heading", level=1)).to_have_text("You may not see this")

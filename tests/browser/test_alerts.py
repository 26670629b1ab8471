"""A size alert from its setting to its end, as people see it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.alerts import notices
from lyticsapp.alerts.models import Channel
from segments.membership import size_alerts
from tests.browser.conftest import NARROW, WIDE, assert_fit_to_use

LOOKS = [(WIDE, "light"), (NARROW, "light"), (WIDE, "dark"), (NARROW, "dark")]


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_a_size_alert_is_set_told_acknowledged_and_over(
    width, theme, admin, rows, open_page, mailoutbox
):
    segment = rows["definitions.segment"]
    page = open_page(admin, width, theme)
    page.goto(f"/admin/definitions/segment/{segment.pk}/change/")
    page.get_by_role("link", name="Size alert").click()
    page.get_by_label("Least size").fill("5")
    page.get_by_label("Greatest size").fill("4")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("smaller than the least size")
    assert_fit_to_use(page)
    page.get_by_label("Greatest size").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("Saved.")

    size_alerts.check()
    notices.send_due(Channel.MAIL)
    page.goto("/admin/")
    told = page.get_by_role("link", name=f"Segment “{segment.name}” is too small")
    assert_fit_to_use(page)
    told.click()
    expect(page.locator("main")).to_contain_text("holds 1 user.")
    expect(page.locator("main")).to_contain_text(admin.email)
    assert_fit_to_use(page)
    page.get_by_role("link", name="Acknowledge").click()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("main")).to_contain_text("Acknowledged.")

    size_alerts.set_sizes(segment, least=1, greatest=None, actor=SYSTEM)
    size_alerts.check()
    notices.send_due(Channel.MAIL)
    page.goto("/admin/alerts/alert/?state=over")
    expect(page.locator("#result_list")).to_contain_text("is too small")
    assert_fit_to_use(page)
    about = [mail.subject for mail in mailoutbox if segment.name in mail.subject]
    assert [subject.partition(":")[0] for subject in about] == ["Warning", "Over"]

"""Logging in, being locked out, choosing another theme and another account."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from lyticsapp.accounts.models import Account, Member, Role
from tests.browser.conftest import NARROW, PASSWORD, assert_fit_to_use


def log_in(page, email, password):
    page.goto("/admin/")
    expect(page.get_by_label("E-mail address")).to_be_focused()
    page.keyboard.type(email)
    expect(page.get_by_label("E-mail address")).to_have_value(email)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_one_logs_in_with_the_keyboard_alone(admin, open_page):
    page = open_page()
    log_in(page, admin.email, PASSWORD)
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def test_a_wrong_password_is_said_to_be_wrong(admin, open_page):
    page = open_page()
    log_in(page, admin.email, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("correct")
    assert_fit_to_use(page)


def test_too_many_tries_lock_one_out(admin, open_page):
    page = open_page()
    for _ in range(5):
        log_in(page, admin.email, "wrong")
    expect(page.get_by_role("heading", name="Too many tries")).to_be_visible()
    page.complaints.clear()
    assert_fit_to_use(page)
    log_in(page, admin.email, PASSWORD)
    expect(page.get_by_role("heading", name="Too many tries")).to_be_visible()


def test_a_new_password_is_set_by_mail(admin, open_page, mailoutbox):
    page = open_page()
    page.goto("/admin/login/")
    page.get_by_role("link", name="Forgotten your password?").click()
    page.get_by_label("E-mail address").fill(admin.email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page.goto(re.search(r"https?://\S+", mailoutbox[0].body).group())
    for label in ("New password", "New password confirmation"):
        page.get_by_label(label, exact=False).first.fill("another long secret")
    page.locator("#id_new_password2").fill("another long secret")
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_role("heading", name="Your password is set")).to_be_visible()
    log_in(page, admin.email, "another long secret")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def test_the_theme_that_was_chosen_stays(admin, open_page):
    page = open_page(admin)
    page.goto("/admin/")
    page.get_by_text("admin@example.com").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_class("dark")
    page.reload()
    expect(page.locator("html")).to_have_class("dark")


def test_one_changes_the_account_with_the_keyboard(admin, open_page):
    other = Account.objects.create(name="Beta Books")
    Member.objects.create(account=other, user=admin, role=Role.VIEWER)
    page = open_page(admin)
    page.goto("/admin/")
    page.locator("summary", has_text="Acme Shop").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("You are now in Beta Books")
    menu = page.get_by_role("navigation", name="Main")
    expect(menu.get_by_role("link", name="Segments")).to_be_visible()
    expect(menu.get_by_role("link", name="API tokens")).to_have_count(0)


def test_the_first_key_leads_to_the_content(admin, open_page):
    page = open_page(admin)
    page.goto("/admin/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_menu_opens_and_closes_on_a_narrow_screen(admin, open_page):
    page = open_page(admin, NARROW)
    page.goto("/admin/")
    link = page.get_by_role("link", name="Segments", exact=True)
    expect(link).to_be_hidden()
    menu = page.get_by_role("button", name="Menu", exact=True)
    menu.focus()
    page.keyboard.press("Enter")
    expect(link).to_be_visible()
    assert_fit_to_use(page)
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(menu).to_be_focused()


def test_times_are_shown_in_the_persons_zone(account, person_in, rows, open_page):
    user = person_in(account, Role.EDITOR, time_zone="Asia/Kathmandu")
    page = open_page(user)
    page.goto("/admin/")
    expect(page.get_by_role("contentinfo")).to_contain_text("Asia/Kathmandu")
    page.goto("/admin/me/")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("contentinfo")).to_contain_text("Europe/Berlin")

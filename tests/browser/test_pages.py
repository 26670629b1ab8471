"""Every page is fit to use: at both widths, in both themes, for axe."""

from __future__ import annotations

import pytest
from django.contrib import admin as admin_module
from django.test import Client
from django.urls import reverse

from lyticsapp.accounts.models import Role, User
from lyticsapp.face.admin import OperatorModelAdmin
from tests.browser.conftest import NARROW, WIDE, assert_fit_to_use

LOOKS = [(WIDE, "light"), (NARROW, "light"), (WIDE, "dark"), (NARROW, "dark")]
BEFORE_LOGIN = [
    "/admin/login/",
    "/admin/password/",
    "/admin/password/sent/",
    "/admin/password/done/",
    "/admin/password/MQ/none-such/",
]


def main_pages(rows):
    """The lists and the pages of these rows."""
    yield from map(reverse, ("admin:index", "admin:own_settings"))
    for name, row, _ in shown(rows):
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_change", args=[row.pk])


def other_pages(rows):
    """What is reached from there: adding, deleting, history, an empty search."""
    yield reverse("admin:password_change")
    for name, row, page in shown(rows):
        yield reverse(f"{name}_changelist") + "?q=nothing-like-it"
        yield reverse(f"{name}_history", args=[row.pk])
        yield reverse(f"{name}_add")
        yield reverse(f"{name}_delete", args=[row.pk])
        for each in page.object_pages:
            if each.in_header:
                yield reverse(f"{name}_{each.path}", args=[row.pk])


def shown(rows):
    """Each page about an account's rows: its name, a row, itself."""
    for model, page in admin_module.site._registry.items():
        label = model._meta.label_lower
        if not isinstance(page, OperatorModelAdmin):
            yield f"admin:{label.replace('.', '_')}", rows[label], page


def visit(page, url, status=200):
    """Go there, and look at the page if it is shown."""
    page.complaints.clear()
    response = page.goto(url)
    assert response.status == status, url
    if status != 200:
        page.complaints.clear()
    assert_fit_to_use(page)


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_pages_are_fit_to_use(width, theme, admin, rows, open_page):
    page = open_page(admin, width, theme)
    for url in main_pages(rows):
        visit(page, url)


@pytest.mark.parametrize(("width", "theme"), [(WIDE, "light"), (NARROW, "dark")])
def test_pages_reached_from_there_are_fit_to_use(width, theme, admin, rows, open_page):
    page = open_page(admin, width, theme)
    client = Client()
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    for url in other_pages(rows):
        if client.get(url).status_code == 200:
            visit(page, url)


@pytest.mark.parametrize(("width", "theme"), [(WIDE, "dark"), (NARROW, "light")])
def test_empty_pages_say_what_to_do(width, theme, admin, open_page):
    page = open_page(admin, width, theme)
    visit(page, "/admin/")
    assert "First steps" in page.text_content("main")
    for model, shown in admin_module.site._registry.items():
        name = f"admin:{model._meta.label_lower.replace('.', '_')}_changelist"
        if getattr(shown, "empty_title", ""):
            visit(page, reverse(name))


@pytest.mark.parametrize(("width", "theme"), [(WIDE, "dark"), (NARROW, "light")])
def test_pages_before_the_login_are_fit_to_use(width, theme, open_page, account):
    page = open_page(None, width, theme)
    for url in BEFORE_LOGIN:
        visit(page, url)
    visit(page, "/admin/invitation/none-such/", status=410)


def test_errors_are_fit_to_read(account, person_in, open_page):
    page = open_page(person_in(account, Role.VIEWER))
    for url, status in (("/nothing/", 404), ("/admin/accounts/apitoken/", 403)):
        visit(page, url, status=status)


def test_pages_of_operators_are_fit_to_use(account, open_page):
    page = open_page(User.objects.create_superuser("op@example.com"))
    for model, shown in admin_module.site._registry.items():
        if isinstance(shown, OperatorModelAdmin):
            name = model._meta.label_lower.replace(".", "_")
            visit(page, reverse(f"admin:{name}_changelist"))

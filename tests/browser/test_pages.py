"""Every page is fit to use: at both widths, in both themes, for axe."""

from __future__ import annotations

import pytest
from django.contrib import admin as admin_module
from django.urls import reverse

from lyticsapp.accounts.models import User
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


def pages_of(rows):
    """Every address of the admin about these rows, each with its expected status."""
    yield from map(reverse, ("admin:index", "admin:own_settings"))
    yield reverse("admin:password_change")
    for model, page in admin_module.site._registry.items():
        if isinstance(page, OperatorModelAdmin):
            continue
        name = f"admin:{model._meta.label_lower.replace('.', '_')}"
        row = rows[model._meta.label_lower]
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_changelist") + "?q=nothing-like-it"
        yield reverse(f"{name}_change", args=[row.pk])
        yield reverse(f"{name}_history", args=[row.pk])
        yield reverse(f"{name}_add")
        yield reverse(f"{name}_delete", args=[row.pk])
        for each in page.object_pages:
            if each.in_header:
                yield reverse(f"{name}_{each.path}", args=[row.pk])


def visit(page, url):
    page.complaints.clear()
    response = page.goto(url)
    if response.status == 403:
        page.complaints.clear()
    assert response.status in (200, 403), url
    assert_fit_to_use(page)


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_pages_are_fit_to_use(width, theme, admin, rows, open_page):
    page = open_page(admin, width, theme)
    for url in pages_of(rows):
        visit(page, url)


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_empty_pages_say_what_to_do(width, theme, admin, open_page):
    page = open_page(admin, width, theme)
    visit(page, "/admin/")
    assert "First steps" in page.text_content("main")
    for model, shown in admin_module.site._registry.items():
        name = f"admin:{model._meta.label_lower.replace('.', '_')}_changelist"
        if getattr(shown, "empty_title", ""):
            visit(page, reverse(name))


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_pages_before_the_login_are_fit_to_use(width, theme, open_page, account):
    page = open_page(None, width, theme)
    for url in BEFORE_LOGIN:
        visit(page, url)


def test_pages_of_operators_are_fit_to_use(account, open_page):
    page = open_page(User.objects.create_superuser("op@example.com"))
    for model, shown in admin_module.site._registry.items():
        if isinstance(shown, OperatorModelAdmin):
            name = model._meta.label_lower.replace(".", "_")
            visit(page, reverse(f"admin:{name}_changelist"))

"""A Chromium, people logged in with it, and what every page must hold."""

from __future__ import annotations

import os
import pathlib
import shutil

import axe_core_python
import pytest
from django.test import Client
from playwright.sync_api import expect, sync_playwright

from lyticsapp.accounts.models import Account, Member, Role, User
from tests.lyticsapp.face.rows import ROWS

# Playwright's loop runs in the tests' own thread, which Django takes for async.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

PASSWORD = "correct horse battery"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDE, NARROW = 1280, 400
SERIOUS = {"serious", "critical"}
# What axe passes over: text in the very colour of what it stands on.
INVISIBLE = """[...document.querySelectorAll("a.f-button, button.f-button")]
    .filter((button) => {
        const style = getComputedStyle(button);
        const clear = style.backgroundColor === "rgba(0, 0, 0, 0)";
        return clear && style.color === "rgb(255, 255, 255)";
    })
    .map((button) => button.textContent.trim())"""
AXE = next(pathlib.Path(axe_core_python.__path__[0]).rglob("axe.min.js"))


def pytest_collection_modifyitems(items):
    here = pathlib.Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def chromium():
    path = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if path is None:
        pytest.fail("No Chromium on PATH: install the package `chromium`.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def account(transactional_db):
    return Account.objects.create(name="Acme Shop")


@pytest.fixture
def person_in():
    """A person with a role in an account."""

    def create(account, role=Role.ADMIN, **values):
        user = User.objects.create_user(f"{role}@example.com", PASSWORD, **values)
        Member.objects.create(account=account, user=user, role=role)
        return user

    return create


@pytest.fixture
def open_page(chromium, live_server):
    """A browser window; for somebody who is logged in, unless nobody is given."""
    contexts = []

    def open_one(user=None, width=WIDE, theme="light"):
        context = chromium.new_context(
            viewport={"width": width, "height": 850},
            color_scheme=theme,
            base_url=live_server.url,
        )
        contexts.append(context)
        if user is not None:
            context.add_cookies([_session_of(user, live_server.url)])
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda m: _note(page, m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: _note(page, str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def admin(account, person_in):
    return person_in(account, Role.ADMIN)


@pytest.fixture
def rows(account):
    """A row of everything the admin shows, by the model's label."""
    return {
        label: describe(account, f"own{number}")
        for number, (label, describe) in enumerate(ROWS.items())
    }


def follow(link):
    """Click, and wait until the next page is there: a click alone does not."""
    with link.page.expect_navigation():
        link.click()


def assert_fit_to_use(page):
    """Nothing serious for axe, nothing wider than the window, no complaints."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    serious = [
        (each["id"], [node["html"][:200] for node in each["nodes"]])
        for each in found
        if each["impact"] in SERIOUS
    ]
    assert serious == [], page.url
    assert page.evaluate(INVISIBLE) == [], page.url
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, f"{page.url} is {width} pixels wider than the window"
    assert page.complaints == [], page.url


def _note(page, text):
    page.complaints.append(text)


def _session_of(user, url):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}


expect.set_options(timeout=10_000)

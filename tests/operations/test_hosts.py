"""The parts on several hosts, and names that the web server does not answer to."""

from __future__ import annotations

import pytest
import requests

from lyticsapp.local.parts import platform_parts
from tests.operations import page
from tests.operations.conftest import ADMIN, NAME, Site
from tests.operations.hosts import PATIENCE_S, manage
from tests.subscriptions.inbox import Inbox
from tests.waiting import wait_until

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("operations")]


def test_the_units_are_the_parts_that_run_on_one_machine() -> None:
    ours = {part.name: part.command for part in platform_parts(8000)}
    assert {name: _same_everywhere(words) for name, words in page.units().items()} == {
        name: _same_everywhere(words) for name, words in ours.items()
    }


def _same_everywhere(words: list[str]) -> list[str]:
    """A command without the numbers that depend on the machine."""
    machine = ("--bind=", "--workers=", "--concurrency=")
    return [word for word in words if not word.startswith(machine)]


def test_an_event_taken_on_one_host_is_told_of_by_another(site: Site) -> None:
    site.ensure_everything()
    with Inbox() as inbox:
        site.post("/api/segment", 'FILTER plan = "pro" ALIAS pro')
        subscription = {
            "name": "test",
            "channel": "webhook",
            "webhook_url": inbox.url,
            "headers": {"X-Key": "hunter2"},
            "segment_ids": ["pro"],
        }
        site.post("/api/subscription", subscription)
        site.post("/collect/json/demo", {"user_id": "ada", "plan": "pro"})
        wait_until(
            lambda: inbox.of("ada"), timeout=PATIENCE_S, what="the message to arrive"
        )
        assert inbox.arrivals[0].headers["X-Key"] == "hunter2"


def test_a_second_first_account_is_refused(site: Site) -> None:
    refused = manage("first_account", ADMIN, environ=site.environ)
    assert refused.returncode == 1
    assert "There is an account already" in refused.stderr


@pytest.mark.parametrize("path", ["/admin/login/", "/api/segment"])
def test_a_name_that_is_not_listed_is_refused_with_the_reason(
    site: Site, path: str
) -> None:
    def ask(name: str) -> requests.Response:
        return requests.get(site.web.url + path, headers={"Host": name}, timeout=30)

    site.web.ensure_web()
    assert ask(NAME).status_code in (200, 401)
    refused = ask("other.example.com")
    assert refused.status_code == 400
    assert "does not answer to the name 'other.example.com'" in refused.text
    assert "ALLOWED_HOSTS" in refused.text

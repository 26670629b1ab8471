"""Behind a proxy that ends TLS; secrets change under people who are logged in."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests

from tests.operations.conftest import ADMIN, NAME, Site
from tests.operations.hosts import manage
from tests.operations.person import Person
from tests.operations.proxy import TlsProxy

ORIGIN = "https://localhost"

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("operations")]


@pytest.fixture
def proxy(site: Site) -> Iterator[TlsProxy]:
    site.web.ensure_web()
    with TlsProxy(site.web.url) as proxy:
        yield proxy


def test_people_log_in_over_tls(site: Site, proxy: TlsProxy, tmp_path: Path) -> None:
    person = Person(proxy, tmp_path)
    answer = person.log_in(ADMIN, site.password, origin=ORIGIN)
    assert answer.status_code == 302, answer.text
    assert person.is_logged_in()
    cookies = {cookie.name: cookie for cookie in person.browser.cookies}
    assert set(cookies) >= {"csrftoken", "sessionid"}
    assert all(cookie.secure for cookie in cookies.values())


def test_a_form_from_elsewhere_is_refused(
    site: Site, proxy: TlsProxy, tmp_path: Path
) -> None:
    person = Person(proxy, tmp_path)
    other = "https://other.example.com"
    assert person.log_in(ADMIN, site.password, origin=other).status_code == 403


def test_a_proxy_may_call_by_another_name(site: Site, tmp_path: Path) -> None:
    site.web.ensure_web()
    public = site.web.environ["CSRF_TRUSTED_ORIGINS"]
    with TlsProxy(site.web.url, calls_it=NAME) as proxy:
        person = Person(proxy, tmp_path)
        assert person.log_in(ADMIN, site.password, origin=public).status_code == 302


def test_failed_logins_are_counted_for_whom_the_proxy_saw(
    site: Site, proxy: TlsProxy, tmp_path: Path
) -> None:
    person = Person(proxy, tmp_path)
    made_up = {"X-Forwarded-For": "203.0.113.9"}
    person.log_in("mallory@example.com", "wrong", origin=ORIGIN, **made_up)
    with psycopg.connect(site.environ["DATABASE_URL"]) as connection:
        rows = connection.execute(
            "SELECT host(ip_address) FROM axes_accessattempt WHERE username = %s",
            ["mallory@example.com"],
        ).fetchall()
    assert rows == [("127.0.0.1",)]


def test_the_deployment_check_warns_of_what_the_proxy_does_and_nothing_else(
    site: Site,
) -> None:
    checked = manage("check", "--deploy", environ=site.environ)
    assert checked.returncode == 0, checked.stderr
    assert "2 issues" in checked.stderr
    assert "security.W004" in checked.stderr
    assert "security.W008" in checked.stderr


def test_secrets_change_under_people_who_are_logged_in(
    site: Site, proxy: TlsProxy, tmp_path: Path
) -> None:
    here, away = Person(proxy, tmp_path), Person(proxy, tmp_path)
    for person in (here, away):
        person.log_in(ADMIN, site.password, origin=ORIGIN)
        assert person.is_logged_in()
    old, new = site.environ["SECRET_KEY"], secrets.token_urlsafe(50)

    _restart(site, SECRET_KEY=new, SECRET_KEY_FALLBACKS=old, METRICS_TOKEN="newer")
    assert here.is_logged_in()
    assert _scrape(site, "scrape") == 401
    assert _scrape(site, "newer") == 200

    _restart(site, SECRET_KEY=new, SECRET_KEY_FALLBACKS="")
    assert here.is_logged_in()
    assert not away.is_logged_in()


def _restart(site: Site, **settings: str) -> None:
    """The web server again, with these settings."""
    site.web.stop("web")
    site.web.environ.update(settings)
    site.web.ensure_web()


def _scrape(site: Site, token: str) -> int:
    answer = requests.get(
        f"{site.web.url}/metrics",
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    return answer.status_code

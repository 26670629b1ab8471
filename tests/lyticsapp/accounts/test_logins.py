"""Whose failed logins are counted together."""

from __future__ import annotations

import pytest

from lyticsapp.accounts.logins import address
from lyticsapp.accounts.models import User

PASSWORD = "correct horse battery"
PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.7", PROXY),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (1, "2001:DB8::1", "2001:db8::1"),
        (1, "", PROXY),
        (2, "203.0.113.7", PROXY),
        (1, "unknown", PROXY),
        (1, "<script>", PROXY),
    ],
)
def test_the_address_is_what_our_first_proxy_saw(
    rf, settings, proxies, forwarded, expected
):
    settings.TRUSTED_PROXIES = proxies
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert address(rf.get("/", REMOTE_ADDR=PROXY, **headers)) == expected


@pytest.mark.django_db
@pytest.mark.parametrize(("proxies", "status"), [(0, 429), (1, 302)])
def test_one_persons_failures_lock_nobody_else_out(client, settings, proxies, status):
    settings.TRUSTED_PROXIES = proxies
    User.objects.create_user("alice@example.com", PASSWORD)

    def log_in(password, seen):
        return client.post(
            "/admin/login/",
            {"username": "alice@example.com", "password": password},
            REMOTE_ADDR=PROXY,
            HTTP_X_FORWARDED_FOR=seen,
        ).status_code

    for number in range(5):
        # What the attacker writes into the header is of no use to them.
        log_in("wrong", f"192.0.2.{number}, 198.51.100.66")
    assert log_in(PASSWORD, "198.51.100.66") == 429
    assert log_in(PASSWORD, "203.0.113.7") == status

"""What is secret by its name, and texts without their secrets."""

from __future__ import annotations

import pytest

from lyticsapp.masking import looks_secret, without_secrets

TOKEN = f"at.{'0a' * 16}.{'f' * 64}"


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "X-Api-Key",
        "access_token",
        "Client-Secret",
        "Cookie",
        "PASSWORD",
        "segmentio_writekey",
        "webhook-signature",
    ],
)
def test_secrets_are_known_by_their_names(name):
    assert looks_secret(name)


@pytest.mark.parametrize("name", ["best_number", "Content-Type", "user_id", ""])
def test_other_names_are_not_secret(name):
    assert not looks_secret(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"refused {TOKEN}.", f"refused at.{'0a' * 16}.****"),
        ("GET /api/segment?key=abc&limit=1", "GET /api/segment?key=****&limit=1"),
        ("/x?a=1&access_token=abc", "/x?a=1&access_token=****"),
        ("/x?client_secret=abc HTTP/1.1", "/x?client_secret=**** HTTP/1.1"),
        ("Authorization: Bearer abc", "Authorization: ****"),
        ("Authorization: abc\nHost: h", "Authorization: ****\nHost: h"),
        ("{'Authorization': 'Basic abc', 'A': 1}", "{'Authorization': ****, 'A': 1}"),
        ('{"authorization": "abc def"}', '{"authorization": ****}'),
        ("redis://:hidden@h:1/0", "redis://****@h:1/0"),
        ("postgresql://u:hidden@h/n failed", "postgresql://****@h/n failed"),
        ("password=hidden host=h", "password=**** host=h"),
    ],
)
def test_secrets_are_masked_in_texts(text, shown):
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    "text",
    ["key = value", "https://example.com/a?b=c", "at.noon", "user@example.com: hello"],
)
def test_other_texts_stay_as_they_are(text):
    assert without_secrets(text) == text

"""What a User-Agent header says."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segments.filterql.useragents import FEATURES, parse_user_agent
from segments.filterql.values import MISSING
from tests.segments.filterql.asking import value_of

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"
)
EXPLORER = "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize(
    ("header", "browser", "version", "engine", "system", "platform"),
    [
        (
            f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {WEBKIT} Chrome/122.0 Mobile",
            *("Chrome", "122.0", "AppleWebKit", "Android 14", "Linux"),
        ),
        (
            f"Mozilla/5.0 (Linux; Android 9; SM) {WEBKIT} Version/4.0 Chrome/80.0",
            *("Chrome", "80.0", "AppleWebKit", "Android 9", "Linux"),
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64) {WEBKIT} Chrome/122.0 Edg/122.1",
            *("Edge", "122.1", "AppleWebKit", "Windows 10", "Windows"),
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:124.0) Gecko/2010 "
            "Firefox/124.0",
            *("Firefox", "124.0", "Gecko", "Intel Mac OS X 10.15", "Macintosh"),
        ),
        (
            "Opera/9.80 (X11; Linux i686; U; en) Presto/2.2.15 Version/10.10",
            *("Opera", "10.10", "Presto", "Linux i686", "X11"),
        ),
        (
            "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0)",
            *("Internet Explorer", "8.0", "Trident", "Windows XP", "Windows"),
        ),
        (EXPLORER, "Internet Explorer", "11.0", "Trident", "Windows 7", "Windows"),
        (
            IPHONE,
            *("Safari", "17.4", "AppleWebKit"),
            *("CPU iPhone OS 17_4 like Mac OS X", "iPhone"),
        ),
        (GOOGLEBOT, "Googlebot", "2.1", "", "", ""),
        ("curl/8.1.2", "curl", "8.1.2", "", "", ""),
        ("(", "", "", "", "", ""),
    ],
)
def test_it_tells_browser_and_machine(
    header: str, browser: str, version: str, engine: str, system: str, platform: str
) -> None:
    told = parse_user_agent(header)

    assert (told.browser, told.browser_version, told.engine) == (
        browser,
        version,
        engine,
    )
    assert (told.os, told.platform) == (system, platform)


def test_it_tells_robots_and_telephones() -> None:
    assert parse_user_agent(GOOGLEBOT).bot == "true"
    assert parse_user_agent(IPHONE).bot == "false"
    assert parse_user_agent(IPHONE).mobile == "true"
    assert parse_user_agent(EXPLORER).mobile == "false"


def test_a_feature_that_is_not_told_is_missing() -> None:
    assert value_of('useragent(ua, "browser")', {"ua": "curl/8.1.2"}) == "curl"
    assert value_of('useragent(ua, "engine")', {"ua": "curl/8.1.2"}) is MISSING
    assert value_of('useragent(ua, "shoes")', {"ua": "curl/8.1.2"}) is MISSING
    assert value_of('useragent(gone, "browser")') is MISSING
    assert value_of("useragent.map(gone)") is MISSING


def test_the_map_has_every_feature() -> None:
    found = value_of("useragent.map(ua)", {"ua": IPHONE})

    assert tuple(found) == FEATURES
    assert (
        value_of("useragent.map(ua)", {"ua": [EXPLORER, IPHONE]})["os"] == "Windows 7"
    )


@given(st.text(max_size=100) | st.text("()/; aM5.", max_size=200))
def test_any_header_will_do(header: str) -> None:
    assert parse_user_agent(header).bot in ("true", "false")


@pytest.mark.parametrize("piece", ["(", "(a", "a/", "MSIE ", "Trident/", "bot", "((a)"])
def test_no_header_takes_long(piece: str) -> None:
    header = piece * 100_000
    began = time.perf_counter()

    parse_user_agent(header)

    assert time.perf_counter() - began < 1

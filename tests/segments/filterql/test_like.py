"""LIKE and its patterns."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segments.filterql.like import PatternError, matcher
from tests.segments.filterql.asking import FALSE, NOT_OK, TRUE, ask


@pytest.mark.parametrize(
    ("text", "pattern", "matches"),
    [
        ("abc", "abc", True),
        ("abc", "ab", False),
        ("abc", "ABC", False),
        ("abc", "*", True),
        ("", "*", True),
        ("", "", True),
        ("a", "", False),
        ("abc", "a%", True),
        ("abc", "%c", True),
        ("abc", "*b*", True),
        ("http://x/blog/y", "*blog*", True),
        ("a/b/c", "**b**", True),
        ("banana", "ba*na", True),
        ("a", "a*a", False),
        ("abab", "*ab*ab*", True),
        ("ab", "*ab*ab*", False),
        ("abc", "a?c", True),
        ("a/c", "a?c", False),
        ("ac", "a?c", False),
        ("café", "caf?", True),
        ("a\nb", "*b", True),
        ("a\nb", "a?b", True),
        ("ab\nc", "?b*c", True),
        ("abc", "[a-c]bc", True),
        ("xbc", "[a-c]bc", False),
        ("xbc", "[^a-c]bc", True),
        ("a-c", r"a[\-]c", True),
        ("a]c", r"a[\]]c", True),
        ("a", "[c-a]", False),
        ("b", "[^c-a]", True),
        ("*", r"\*", True),
        ("a", r"\*", False),
        ("100%", r"100\%", True),
        ("1000", r"100\%", False),
        ("a_c", "a_c", True),
        ("abc", "a_c", False),
        ("a.c", "a.c", True),
        ("abc", "a.c", False),
        ("a+(b)", "a+(?)", True),
        ("日本", "?本", True),
    ],
)
def test_it_matches(text: str, pattern: str, matches: bool) -> None:
    assert matcher(pattern)(text) is matches


@pytest.mark.parametrize(
    "pattern", ["[", "[a", "[]", "[a-", "[^", "a\\", "[-a]", "[\\", "a" * 5001]
)
def test_malformed_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        matcher(pattern)


@pytest.mark.parametrize(
    ("value", "condition", "answer"),
    [
        ("abc", 'x LIKE "a*"', TRUE),
        ("abc", "x LIKE y", TRUE),
        ("abc", 'x LIKE "[a"', FALSE),
        ("abc", 'NOT (x LIKE "[a")', NOT_OK),
        ("abc", 'x LIKE ("z*", "[", "a*")', TRUE),
        ("abc", "x LIKE m", TRUE),
        ("abc", "x LIKE true", FALSE),
        ("abc", "x LIKE 5", NOT_OK),
        (["z", "abc"], 'x LIKE "a*"', TRUE),
        (["z", "abc"], 'x LIKE "q*"', FALSE),
        (["z", "abc"], 'x LIKE ["a*"]', NOT_OK),
        ([15, "z"], 'x LIKE "1?"', TRUE),
        ([None, "abc"], 'x LIKE "a*"', NOT_OK),
        (5, 'x LIKE "5"', NOT_OK),
        (True, 'x LIKE "t*"', NOT_OK),
        ({"abc": 1}, 'x LIKE "a*"', NOT_OK),
    ],
)
def test_like_over_types(
    value: object, condition: str, answer: tuple[bool, bool]
) -> None:
    assert ask(condition, {"x": value, "y": "a*", "m": {"a*": 1}}) == answer


def test_lone_surrogates_match_nothing_odd() -> None:
    assert matcher("?")("\ud800") is False
    assert matcher("*")("\ud800") is True


pieces = st.sampled_from(("a", "b", "ab", "*", "%", "/", "?"))


@settings(max_examples=300, deadline=None)
@given(st.text("ab/", max_size=8), st.lists(pieces, max_size=6).map("".join))
def test_it_agrees_with_a_plain_matcher(text: str, pattern: str) -> None:
    assert matcher(pattern)(text) is _plain(text, pattern)


def _plain(text: str, pattern: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] in "*%":
        return any(_plain(text[i:], pattern[1:]) for i in range(len(text) + 1))
    if not text or (pattern[0] == "?" and text[0] == "/"):
        return False
    return pattern[0] in ("?", text[0]) and _plain(text[1:], pattern[1:])


@pytest.mark.parametrize("pattern", ["*a" * 40 + "b", "*?a" * 40 + "b", "a" * 5000])
def test_no_pattern_takes_long(pattern: str) -> None:
    started = time.monotonic()

    assert matcher(pattern)("a" * 200_000) is False
    assert time.monotonic() - started < 10

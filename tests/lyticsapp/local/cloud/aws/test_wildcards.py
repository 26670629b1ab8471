"""Patterns of policies, against a matcher that follows their definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyticsapp.local.cloud.aws.wildcards import matches

VALUES = {"aws:username": "ada", "aws:userid": "a*"}


def by_definition(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(by_definition(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return (
        bool(text)
        and pattern[0] in ("?", text[0])
        and by_definition(pattern[1:], text[1:])
    )


@given(
    pattern=st.text("ab*?.[]\\:\n", max_size=8), text=st.text("ab.[]\\:\n", max_size=8)
)
def test_stars_and_question_marks_are_all_there_is(pattern: str, text: str) -> None:
    assert matches(pattern, text) == by_definition(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("home/${aws:username}/*", "home/ada/x", True),
        ("home/${AWS:UserName}/*", "home/ada/x", True),
        ("home/${aws:username}/*", "home/bob/x", False),
        ("${aws:userid}", "a*", True),
        ("${aws:userid}", "abc", False),
        ("${aws:nothing}", "", False),
        ("${*}", "*", True),
        ("${*}", "x", False),
        ("a${?}*", "a?b", True),
        ("a${", "a${", True),
    ],
)
def test_variables_stand_for_what_they_say(
    pattern: str, text: str, expected: bool
) -> None:
    assert matches(pattern, text, VALUES) is expected

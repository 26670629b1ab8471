"""What is wrong with a filter is told with its place, and what was probably meant."""

from __future__ import annotations

import pytest

from segments.definitions.editor.problems import MOST_WARNINGS, problems
from segments.definitions.models import Segment
from tests.segments.membership.people import make_fields


def told(account, text, **values):
    return [
        (each.severity, each.line, each.column, each.suggestion)
        for each in problems(account, text, **values)
    ]


def test_a_good_filter_has_none(account):
    text = '-- all\nFILTER AND (email == "a", scores.momentum > 5, _created > 1)'

    assert told(account, text) == []


def test_an_error_is_told_at_its_place(account):
    (found,) = problems(account, 'FILTER AND (\n  email = = "x"\n)')

    assert (found.severity, found.line, found.column) == ("error", 2, 11)
    assert "found =" in found.message
    assert "line 2" not in found.message


def test_a_misspelt_function_is_put_right(account):
    assert told(account, 'FILTER tolwer(email) == "x"') == [("error", 1, 8, "tolower")]


def test_an_unknown_field_is_a_warning_at_each_place(account):
    assert told(account, 'FILTER AND (\n  emial == "x",\n  zzzz == 1\n)') == [
        ("warning", 2, 3, "email"),
        ("warning", 3, 3, ""),
    ]


def test_what_was_meant_is_written_as_filters_write_it(account):
    (found,) = told(account, "FILTER `home pge` == 1")

    assert found[-1] == "`home page`"


def test_text_in_single_quotes_is_offered_in_double_ones(account):
    found = told(account, "FILTER email == 'New York'")

    assert found == [("warning", 1, 17, '"New York"')]


def test_an_identity_field_is_known_before_it_was_seen(account):
    assert told(account, 'FILTER user_id == "x"') == []


def test_an_unknown_segment_is_an_error_at_its_place(account):
    (found,) = problems(account, "FILTER INCLUDE nobody_knows")

    assert (found.severity, found.line, found.column) == ("error", 1, 16)
    assert "nobody_knows" in found.message


def test_a_segment_that_leads_back_to_itself_is_an_error(account):
    own = Segment.objects.create(account=account, slug="own", filterql="FILTER *")
    Segment.objects.create(
        account=account, slug="other", filterql="FILTER INCLUDE own ALIAS other"
    )

    (found,) = problems(account, "FILTER INCLUDE other", slug="own", pk=own.pk)

    assert found.severity == "error"
    assert "own" in found.message


@pytest.mark.parametrize("text", ["FILTER x == 1 FROM orders", "FILTER", "FILTER \0"])
def test_what_has_no_place_is_told_without_one(account, text):
    assert told(account, text) == [("error", 0, 0, "")]


def test_no_more_warnings_come_than_can_be_read(account):
    text = " OR ".join(f"nothing_{number} == 1" for number in range(200))

    assert len(problems(account, f"FILTER {text}")) == MOST_WARNINGS


def test_a_large_filter_of_a_large_account_is_not_waited_for(account):
    make_fields(account, **{f"field_{number}": "int" for number in range(2_000)})
    text = " OR ".join(f"nothing_{number} == 1" for number in range(200))

    assert problems(account, f"FILTER {text}") == []

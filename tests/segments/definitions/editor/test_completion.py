"""What is suggested for a word."""

from __future__ import annotations

from segments.definitions.editor import completion
from segments.definitions.models import Segment
from segments.filterql import parse_filter
from segments.profiles.models import Field


def inserted(found):
    return [each.insert for each in found]


def test_fields_that_begin_with_the_word_come_first(account):
    Field.objects.create(account=account, name="old_email", type="string")

    found = completion.field_names(account, "em")

    assert [(each.label, each.detail) for each in found] == [
        ("email", "string"),
        ("old_email", "string"),
    ]


def test_fields_are_inserted_so_that_they_can_be_read(account):
    for word in ("home", "fro", "scores.m", "_cre"):
        (name,) = inserted(completion.field_names(account, word))
        assert parse_filter(f"FILTER {name} == 1")


def test_fields_of_others_are_not_suggested(account, stranger):
    Field.objects.create(account=stranger, name="email_of_others", type="string")

    assert inserted(completion.field_names(account, "email")) == ["email"]


def test_functions_come_with_their_signature(account):
    found = {each.label: each for each in completion.words(account, "tolo")}

    assert found["tolower"].detail == "tolower(x)"
    assert found["tolower"].insert == "tolower()"
    assert found["tolower"].back == 1
    assert found["tolower"].help


def test_functions_are_found_by_the_part_after_the_dot(account):
    assert "string.index()" in inserted(completion.words(account, "ind"))


def test_keywords_are_found_in_any_case(account):
    assert "INCLUDE" in inserted(completion.words(account, "incl"))


def test_segments_are_found_by_slug_and_name_but_not_the_own(account, stranger):
    own = Segment.objects.create(account=account, slug="paying", name="Own")
    Segment.objects.create(account=account, slug="buyers", name="Paying buyers")
    Segment.objects.create(account=account, slug="a b", name="Paying too")
    Segment.objects.create(account=stranger, slug="paying_others", name="Paying")

    found = completion.segment_names(account, "pay", but=own.pk)

    assert [(each.label, each.insert) for each in found] == [
        ("a b", "`a b`"),
        ("buyers", "buyers"),
    ]

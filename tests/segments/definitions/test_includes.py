"""INCLUDE between segments: what is refused, and what is found through it."""

from __future__ import annotations

import pytest

from lyticsapp.accounts.audit import SYSTEM
from segments.definitions import draft as drafts
from segments.definitions.errors import (
    InvalidSegmentQLError,
    InvalidValueError,
    SegmentInUseError,
)
from segments.definitions.includes import IncludeGraph
from segments.definitions.models import Segment
from segments.definitions.statement import read
from segments.definitions.update import update
from segments.definitions.upsert import upsert_from_text


def save(account, text):
    return upsert_from_text(account, text, SYSTEM)[0]


@pytest.fixture
def nested(account):
    """`inner`, which `middle` includes, which `outer` includes by its id."""
    inner = save(account, "FILTER x > 1 ALIAS inner")
    middle = save(account, "FILTER AND (INCLUDE inner, y > 1) ALIAS middle")
    outer = save(account, f"FILTER OR (INCLUDE {middle.public_id}, z > 1) ALIAS outer")
    return inner, middle, outer


def test_it_refuses_an_unknown_name_and_tells_where(account):
    with pytest.raises(InvalidSegmentQLError) as refused:
        save(account, "FILTER AND (x > 1,\nINCLUDE nowhere) ALIAS a")
    assert "line 2, column " in str(refused.value)
    assert "nowhere" in str(refused.value)
    assert not Segment.objects.for_account(account).exists()


def test_it_refuses_the_segment_of_another_account(account, stranger):
    other = save(stranger, "FILTER x > 1 ALIAS inner")
    for name in ("inner", other.public_id):
        with pytest.raises(InvalidSegmentQLError):
            save(account, f"FILTER INCLUDE {name} ALIAS a")


def test_it_refuses_a_segment_that_includes_itself(account):
    with pytest.raises(InvalidSegmentQLError, match="a -> a"):
        save(account, "FILTER INCLUDE a ALIAS a")


def test_it_refuses_a_circle_and_shows_the_path(account, nested):
    inner, middle, _ = nested
    with pytest.raises(InvalidSegmentQLError) as refused:
        save(account, "FILTER INCLUDE outer ALIAS inner")
    assert f"inner -> outer -> {middle.public_id} -> inner" in str(refused.value)
    inner.refresh_from_db()
    assert inner.filterql == "FILTER x > 1 ALIAS inner"


def test_it_refuses_a_circle_under_a_new_name(account):
    segment = save(account, "FILTER x > 1 ALIAS a")
    with pytest.raises(InvalidSegmentQLError):
        update(segment, drafts.from_text("FILTER INCLUDE a ALIAS b"), SYSTEM)


def test_it_refuses_an_edit_that_nests_the_segments_above_too_deeply(account):
    save(account, "FILTER x > 1 ALIAS s0")
    for number in range(1, 40):
        save(account, f"FILTER INCLUDE s{number - 1} ALIAS s{number}")
    save(account, "FILTER x > 1 ALIAS t0")
    save(account, "FILTER INCLUDE t0 ALIAS t1")
    with pytest.raises(InvalidSegmentQLError, match="too deeply"):
        save(account, "FILTER INCLUDE s38 ALIAS t0")


def test_a_diamond_is_fine(account, nested):
    save(account, "FILTER AND (INCLUDE inner, INCLUDE middle) ALIAS diamond")


def test_it_finds_the_fields_of_included_segments(account, nested):
    graph = IncludeGraph(account)
    statement = read("FILTER AND (INCLUDE outer, own = 1)")
    assert graph.fields(statement) == {"own", "x", "y", "z"}


def test_it_does_not_rename_what_others_include_by_slug(account, nested):
    inner, _, _ = nested
    with pytest.raises(SegmentInUseError, match="middle"):
        update(inner, drafts.from_values(slug="renamed"), SYSTEM)


def test_it_renames_what_others_include_by_id_only(account, nested):
    _, middle, _ = nested
    renamed = update(middle, drafts.from_values(slug="renamed"), SYSTEM)
    assert renamed.slug == "renamed"
    assert renamed.filterql.endswith("ALIAS renamed")


def test_it_does_not_rename_to_a_slug_in_use(account, nested):
    _, _, outer = nested
    with pytest.raises(InvalidValueError, match="already used"):
        update(outer, drafts.from_values(slug="inner"), SYSTEM)

"""Creating a segment from FilterQL, and changing it under the same ALIAS."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import AuditEntry
from segments.definitions import draft as drafts
from segments.definitions.errors import (
    DefinitionError,
    InvalidSegmentQLError,
    InvalidValueError,
)
from segments.definitions.models import Recompute, Segment
from segments.definitions.upsert import upsert, upsert_from_text

PAYING = """
-- Paying Users Segment
FILTER AND (
paying_user = "t"
)
FROM user
ALIAS demo_segment
"""


def save(account, text):
    return upsert_from_text(account, text, SYSTEM)


def texts_of(segment):
    versions = segment.versions.order_by("version")
    return list(versions.values_list("version", "filterql"))


def recomputes(account):
    rows = Recompute.objects.for_account(account).order_by("segment__slug")
    return list(rows.values_list("segment__slug", "silent"))


def test_it_creates_what_the_text_says(account):
    segment, created = save(account, PAYING)
    assert created
    segment.refresh_from_db()
    assert (segment.slug, segment.name) == ("demo_segment", "demo_segment")
    assert segment.description == "Paying Users Segment"
    assert segment.filterql == PAYING.strip()
    assert (segment.table, segment.kind, segment.version) == ("user", "segment", 1)
    assert texts_of(segment) == [(1, PAYING.strip())]


def test_it_computes_a_new_segment_silently(account):
    save(account, PAYING)
    assert recomputes(account) == [("demo_segment", True)]


def test_it_takes_name_kind_and_visibility_from_with(account):
    segment, _ = save(
        account,
        'FILTER x = 1 WITH name = "Best", kind = "goal", is_public = true ALIAS best',
    )
    assert (segment.name, segment.kind, segment.is_public) == ("Best", "goal", True)


def test_it_knows_the_segment_by_its_alias(account):
    first, _ = save(account, PAYING)
    second, created = save(account, 'FILTER paying_user = "yes" ALIAS DEMO_segment')
    assert not created
    assert second.pk == first.pk
    assert second.public_id == first.public_id
    assert Segment.objects.for_account(account).count() == 1
    assert [version for version, _ in texts_of(second)] == [1, 2]


def test_it_keeps_what_a_later_text_does_not_speak_of(account):
    upsert(
        account,
        drafts.from_values(segment_ql=PAYING, name="Payers", tags=["money"]),
        SYSTEM,
    )
    segment, _ = save(account, 'FILTER paying_user = "x" ALIAS demo_segment')
    assert segment.name == "Payers"
    assert segment.description == "Paying Users Segment"
    assert segment.tags == ["money"]


def test_it_tells_of_the_moves_of_a_changed_filter(account):
    save(account, PAYING)
    Recompute.objects.for_account(account).delete()
    save(account, 'FILTER paying_user = "yes" ALIAS demo_segment')
    assert recomputes(account) == [("demo_segment", False)]


def test_it_recomputes_nothing_when_only_the_writing_changes(account):
    save(account, PAYING)
    Recompute.objects.for_account(account).delete()
    segment, _ = save(account, 'FILTER paying_user = "t" ALIAS demo_segment')
    assert recomputes(account) == []
    assert segment.version == 2


def test_it_changes_nothing_when_the_text_is_the_same(account):
    save(account, PAYING)
    before = AuditEntry.objects.for_account(account).count()
    segment, created = save(account, PAYING)
    assert (created, segment.version) == (False, 1)
    assert AuditEntry.objects.for_account(account).count() == before


def test_it_recomputes_the_segments_that_include_a_changed_one(account):
    save(account, PAYING)
    save(account, "FILTER INCLUDE demo_segment ALIAS outer")
    save(account, "FILTER AND (INCLUDE outer, x > 1) ALIAS outermost")
    save(account, "FILTER x > 2 ALIAS apart")
    Recompute.objects.for_account(account).delete()
    save(account, 'FILTER paying_user = "yes" ALIAS demo_segment')
    assert recomputes(account) == [
        ("demo_segment", False),
        ("outer", False),
        ("outermost", False),
    ]


def test_it_records_who_changed_what(account):
    save(account, PAYING)
    save(account, 'FILTER paying_user = "yes" ALIAS demo_segment')
    entries = AuditEntry.objects.for_account(account).order_by("pk")
    assert [entry.action for entry in entries] == ["create", "update"]
    assert entries[1].object_label == "demo_segment"
    assert entries[1].changes["filterql"] == [
        PAYING.strip(),
        'FILTER paying_user = "yes" ALIAS demo_segment',
    ]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("FILTER x = 1", "slug_name"),
        ("FILTER x = 1 FROM content ALIAS a", "content"),
        ("FILTER ALIAS a", "nothing follows FILTER"),
        ("SELECT x FROM user FILTER x = 1 ALIAS a", "not a SELECT"),
        ("FILTER x = 1 ALIAS all", "all"),
        ("FILTER x = 1 ALIAS `a/b`", "a/b"),
        ("FILTER x = 1 ALIAS a; FILTER x = 2 ALIAS b", "one filter"),
        ('FILTER x = "\0" ALIAS a', "NUL"),
        ("FILTER x = 1 WITH name = 5 ALIAS a", "name"),
        ('FILTER x = 1 WITH kind = "sort" ALIAS a', "sort"),
        (f"FILTER x = 1 ALIAS {'a' * 101}", "100"),
    ],
)
def test_it_refuses_what_is_no_segment(account, text, named):
    with pytest.raises(DefinitionError) as refused:
        save(account, text)
    assert named in str(refused.value)
    assert not Segment.objects.for_account(account).exists()


def test_it_tells_where_a_text_does_not_parse(account):
    with pytest.raises(InvalidSegmentQLError) as refused:
        save(account, "FILTER AND (\n  x = ,\n) ALIAS a")
    assert str(refused.value).startswith("Invalid SegmentQL: line 2, column ")


def test_it_makes_a_slug_of_the_name_where_nothing_else_gives_one(account):
    draft = drafts.from_values(segment_ql="FILTER x = 1", name="Paying users, big!")
    segment, _ = upsert(account, draft, SYSTEM)
    assert segment.slug == "paying_users_big"
    assert segment.filterql == "FILTER x = 1\nALIAS paying_users_big"


def test_it_takes_the_slug_before_the_alias(account):
    draft = drafts.from_values(segment_ql="FILTER x = 1 ALIAS one", slug="two")
    segment, _ = upsert(account, draft, SYSTEM)
    assert segment.slug == "two"
    assert segment.filterql.endswith("ALIAS two")


def test_it_takes_a_tree_in_place_of_a_text(account):
    tree = {"op": "and", "args": [{"op": ">", "args": [{"ident": "x"}, {"val": "1"}]}]}
    draft = drafts.from_values(ast=tree, name="Tree")
    segment, _ = upsert(account, draft, SYSTEM)
    assert segment.slug == "tree"
    assert "x > " in segment.filterql
    assert segment.filterql.endswith("ALIAS tree")


def test_it_asks_for_a_filter(account):
    with pytest.raises(InvalidValueError, match="segment_ql"):
        upsert(account, drafts.from_values(name="Nobody"), SYSTEM)


def test_two_accounts_may_use_the_same_alias(account, stranger):
    own, _ = save(account, PAYING)
    other, created = save(stranger, PAYING)
    assert created
    assert own.pk != other.pk


@pytest.mark.django_db(transaction=True)
def test_it_creates_one_segment_for_callers_at_the_same_time(account):
    def call(number):
        try:
            return save(account, f"FILTER x > {number} ALIAS raced")[1]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as callers:
        created = list(callers.map(call, range(8)))
    assert sorted(created) == [False] * 7 + [True]
    segment = Segment.objects.for_account(account).get()
    assert segment.version == segment.versions.count() == 8

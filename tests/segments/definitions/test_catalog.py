"""The definitions of an account as a batch uses them."""

from __future__ import annotations

import pytest

from lyticsapp.accounts.audit import SYSTEM
from segments.definitions.catalog import load
from segments.definitions.upsert import upsert_from_text

pytestmark = pytest.mark.django_db


def slugs_that_mention(account, *names):
    found = load(account.pk).that_mention(names)
    return sorted(segment.slug for segment in found)


def test_it_names_the_segments_a_field_can_move(account):
    for text in (
        "FILTER x > 5 ALIAS direct",
        "FILTER INCLUDE direct ALIAS through",
        "FILTER scores.x > 5 ALIAS of_map",
        'FILTER len(match("score")) > 1 ALIAS any_field',
    ):
        upsert_from_text(account, text, SYSTEM)

    assert slugs_that_mention(account, "x") == ["any_field", "direct", "through"]
    assert slugs_that_mention(account, "scores") == ["any_field", "of_map"]
    assert slugs_that_mention(account, "y") == ["any_field"]

"""A glance reads what filters ask for as a look at the whole profile would."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

from segments.filterql import EVERY_FIELD
from segments.profiles import glance as glances
from segments.profiles.glance import Glance
from segments.profiles.models import FieldType
from segments.profiles.typed import Schema
from tests.segments.membership.people import make_profiles

FIRST, LAST = datetime(2024, 5, 1, tzinfo=UTC), datetime(2025, 6, 2, tzinfo=UTC)
TYPES = {
    "age": FieldType.NUMBER,
    "born": FieldType.DATE,
    "name": FieldType.STRING,
    "gone": FieldType.NUMBER,
    "left": FieldType.STRING,
    "visits": FieldType.MAP,
    "visits.web": FieldType.NUMBER,
}
FIELDS = {
    "age": "7",
    "born": "2017-03-18",
    "name": 'O"Neill %s',
    "gone": None,
    "left": "",
    "visits.web": "3",
    "unknown": [1, {"a": 2}],
}


@pytest.mark.parametrize(
    "asked",
    [
        (),
        ("age", "born", "_modified"),
        ("name", "gone", "left", "unknown", "never seen", "_created"),
        ("age", "visits"),
        ("age", EVERY_FIELD),
    ],
)
@pytest.mark.parametrize("most_picked", [glances.MOST_PICKED, 0])
def test_its_values_are_those_of_the_whole_profile(
    account, monkeypatch, asked, most_picked
):
    monkeypatch.setattr(glances, "MOST_PICKED", most_picked)
    make_profiles(account, [FIELDS], created_at=FIRST, modified_at=LAST)
    schema = Schema(TYPES, asked)
    glance = Glance(schema, frozenset(asked))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {glance.columns} FROM profiles_profile", glance.parameters
        )
        values = glance.values(cursor.fetchone())
    whole = schema.typed(FIELDS, FIRST, LAST)
    wanted = whole.keys() if EVERY_FIELD in asked else whole.keys() & set(asked)
    assert {name: values[name] for name in wanted} == {
        name: whole[name] for name in wanted
    }
    assert "never seen" not in values


def test_it_reads_no_field_that_is_not_asked_for(account):
    glance = Glance(Schema(TYPES, ["age"]), frozenset(["age"]))
    assert glance.parameters == ("age",)
    assert "fields::text" not in glance.columns

"""Profiles as messages and the API show them, and as filters read them."""

from __future__ import annotations

from datetime import UTC, datetime

from segments.profiles.models import FieldType
from segments.profiles.render import render
from segments.profiles.typed import Schema

AT = datetime(2017, 3, 18, 6, 12, 36, 829070, tzinfo=UTC)
TYPES = {
    "age": FieldType.NUMBER,
    "plan": FieldType.STRING,
    "login": FieldType.DATE,
    "tags": FieldType.LIST,
    "scores": FieldType.MAP,
    "scores.momentum": FieldType.NUMBER,
    "scores.a.b": FieldType.INT,
}
FIELDS = {
    "age": 5,
    "plan": 7,
    "login": "2015-12-18",
    "tags": "one",
    "scores.momentum": 25,
    "scores.a.b": 1,
}


def test_it_renders_typed_values_and_maps() -> None:
    assert render(FIELDS, TYPES, AT, AT) == {
        "_created": "2017-03-18T06:12:36.829070Z",
        "_modified": "2017-03-18T06:12:36.829070Z",
        "age": 5.0,
        "plan": "7",
        "login": "2015-12-18T00:00:00.000000Z",
        "tags": ["one"],
        "scores": {"momentum": 25.0, "a.b": 1},
    }


def test_a_value_that_met_a_map_of_its_name_stays_beside_it() -> None:
    shown = render({"scores": 3, "scores.momentum": 25}, TYPES, AT, AT)
    assert shown["scores"] == {"": 3, "momentum": 25.0}


def test_filters_read_typed_values_and_whole_maps() -> None:
    values = Schema(TYPES, TYPES).typed(FIELDS, AT, AT)
    assert values["login"] == datetime(2015, 12, 18, tzinfo=UTC)
    assert values["tags"] == ["one"]
    assert values["scores.momentum"] == 25.0
    assert values["scores"] == {"momentum": 25.0, "a.b": 1}
    assert values["_created"] is AT


def test_retyping_what_changed_equals_typing_everything() -> None:
    schema = Schema(TYPES, TYPES)
    values = schema.typed(FIELDS, AT, AT)
    newer = {**FIELDS, "age": 6, "scores.momentum": 30, "plan": "pro"}
    schema.retype(values, newer, {"age", "scores.momentum", "plan"})
    assert values == schema.typed(newer, AT, AT)

"""What is missing in the builder is told at its row."""

from __future__ import annotations

import pytest

from segments.definitions.builder.written import BuilderError, written


def condition(**values):
    return {
        "kind": "condition",
        "field": "email",
        "operator": "==",
        "not": False,
        "values": [{"text": "a"}],
        **values,
    }


def problems(model):
    with pytest.raises(BuilderError) as caught:
        written(model)
    return [(each.path, each.message) for each in caught.value.problems]


def test_every_row_at_fault_is_told_with_its_place():
    model = {
        "kind": "group",
        "match": "all",
        "items": [
            condition(),
            condition(field=""),
            {
                "kind": "group",
                "match": "any",
                "items": [condition(values=[]), {"kind": "segment", "segment": ""}],
            },
        ],
    }

    assert problems(model) == [
        ((1,), "Choose a field."),
        ((2, 0), "Enter a value."),
        ((2, 1), "Choose a segment."),
    ]


@pytest.mark.parametrize(
    "model",
    [
        None,
        [],
        {},
        {"kind": 5},
        {"kind": "group", "match": "all", "items": []},
        {"kind": "group", "match": "all", "items": None},
        {"kind": "group", "match": "all", "items": [None]},
        {"kind": "text", "text": " "},
        {"kind": "text", "text": "x =="},
        {"kind": "text", "text": "x == 1 FROM user"},
        {"kind": "text", "text": "x == 1; FILTER y"},
        {"kind": "text", "text": "x == 1) OR (y"},
        condition(field=None),
        condition(values=None),
        condition(values=["a"]),
        condition(values=[{"number": "5 OR x"}]),
        condition(values=[{"number": '"5"'}]),
        condition(values=[{"number": "many"}]),
        condition(values=[{"text": "a"}, {"text": "b"}]),
        condition(operator="between"),
        condition(operator="exists"),
        condition(operator="drop"),
        condition(operator=[]),
        condition(operator="in", values=[]),
        condition(operator="in_last", values=[{"amount": 0, "unit": "d"}]),
        condition(operator="in_last", values=[{"amount": True, "unit": "d"}]),
        condition(operator="in_last", values=[{"amount": 3, "unit": "dd"}]),
        condition(operator="in_last", values=[{"amount": 3}]),
        condition(operator="in_last", values=[]),
    ],
)
def test_what_is_no_filter_is_refused(model):
    assert problems(model)


def test_a_group_nested_without_end_is_refused():
    model = condition()
    for _ in range(300):
        model = {"kind": "group", "match": "all", "not": False, "items": [model]}

    assert problems(model)

"""Checking records: what is accepted can be stored, and nothing crashes."""

from __future__ import annotations

import contextlib
import json

import orjson
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segments.streams.accept import accept
from segments.streams.errors import BadCallError, BadRecordError
from segments.streams.json_body import read_json
from segments.streams.records import Rejected, check, flatten, identities_of
from tests.segments.streams.stored import bodies_of, make_call, rejected_of

FIELDS = ("user_id", "email")


def body_of(value, **call):
    return orjson.loads(check(value, make_call(**call)).body)


def reason_of(value, **call):
    with pytest.raises(BadRecordError) as refused:
        check(value, make_call(**call))
    return str(refused.value)


@pytest.mark.parametrize(
    ("value", "flat"),
    [
        ({}, {}),
        ({"a": 1, "b": None}, {"a": 1, "b": None}),
        ({"a": {"b": {"c": True}}}, {"a.b.c": True}),
        ({"a": {"b": 1}, "a.c": 2}, {"a.b": 1, "a.c": 2}),
        ({"a": {"b": 1}, "a.b": 2}, {"a.b": 2}),
        ({"a": [1, "x", None, 2.5, False]}, {"a": [1, "x", None, 2.5, False]}),
        ({"a": {"b": []}}, {"a.b": []}),
        ({"a": {}}, {}),
    ],
)
def test_records_are_flattened(value, flat):
    assert body_of(value) == flat
    assert flatten(flatten(value)) == flat


def test_depth_is_bounded():
    def nested(depth):
        return {"x": nested(depth - 1)} if depth else 1

    assert body_of(nested(10)) == {".".join("x" * 10): 1}
    assert "more than 10 deep" in reason_of(nested(11))


def test_the_number_of_fields_is_bounded():
    assert len(body_of({str(n): n for n in range(1000)})) == 1000
    assert "1001 fields" in reason_of({"m": {str(n): n for n in range(1001)}})


def test_the_length_of_names_is_bounded():
    assert body_of({"x" * 200: 1})
    assert "longer than 200" in reason_of({"x" * 201: 1})
    assert "longer than 200" in reason_of({"x" * 150: {"y" * 50: 1}})


@pytest.mark.parametrize("value", [{"": 1}, {"a": {"": 1}}, {"": {"a": 1}}, {"a.": 1}])
def test_names_are_not_empty(value):
    assert "is empty or ends in" in reason_of(value)


@pytest.mark.parametrize("value", [[{}], [[1]], [1, {"a": 1}]])
def test_arrays_hold_plain_values_only(value):
    assert '"a.b" is an array of objects' in reason_of({"a": {"b": value}})


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "x\udfff"])
def test_text_that_postgresql_cannot_hold(text):
    for value in ({"a": text}, {"a": ["x", text]}, {text: 1}, {"a": {"b": text}}):
        reason = reason_of(value)
        assert "\0" not in reason
        assert reason.encode()


def test_reasons_quote_no_more_than_needed():
    assert len(reason_of({"x" * 5000: 1})) < 200


@pytest.mark.parametrize(
    ("value", "identity"),
    [
        ("user1", "user1"),
        (" padded ", " padded "),
        (17, "17"),
        (17.0, "17"),
        (-0.0, "0"),
        (1.5, "1.5"),
        (2**63, str(2**63)),
        ("é" * 128, "é" * 128),
    ],
)
def test_identities_are_texts(value, identity):
    assert check({"user_id": value}, make_call()).identity == ("user_id", identity)
    assert identities_of({"user_id": value}, FIELDS) == [("user_id", identity)]


@pytest.mark.parametrize("value", ["", "  ", "\t\n", None])
def test_a_blank_is_no_identity(value):
    record = check({"user_id": value, "email": "a@b"}, make_call())

    assert record.identity == ("email", "a@b")
    assert check({"user_id": value}, make_call()).identity is None
    assert identities_of({"user_id": value}, FIELDS) == []


@pytest.mark.parametrize(
    "value", [True, ["a"], [], "x" * 257, "é" * 129, 1e30, float(2**53)]
)
def test_what_cannot_tell_a_user(value):
    for field in FIELDS:
        record = {"user_id": "u", "email": "e"} | {field: value}
        assert f'"{field}" tells who a user is' in reason_of(record)
        assert len(identities_of(record, FIELDS)) == 1


def test_the_strongest_identity_comes_first():
    fields = {"email": "a@b", "user_id": "u"}

    assert identities_of(fields, FIELDS) == [("user_id", "u"), ("email", "a@b")]
    assert identities_of(fields, ("email",)) == [("email", "a@b")]


def test_identities_may_lie_deep():
    record = check({"user": {"id": 5}}, make_call(identity_fields=("user.id",)))

    assert record.identity == ("user.id", "5")


texts = st.text(
    st.characters() | st.sampled_from(["\0", '"', "\\", "\ud800", "\udc00", "\u2028"]),
    max_size=20,
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
    ),
    max_leaves=12,
)
names = st.sampled_from(["user_id", "email", "at", "a", "a.b"]) | texts
records = st.dictionaries(names, values, max_size=6)
raw_elements = records.map(lambda each: json.dumps(each).encode()) | values.map(
    lambda each: json.dumps(each).encode()
)


@pytest.mark.django_db
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(elements=st.lists(raw_elements, max_size=8))
def test_what_is_accepted_can_be_stored(account, elements):
    """The elements of an array, as JSON: every one is stored or kept."""
    call = make_call(account_id=account.pk, droperrors=True, timestamp_field="at")
    events, kept = len(bodies_of(account)), len(rejected_of(account))

    accepted = accept(call, read_json(b"[" + b", ".join(elements) + b"]", call))

    assert accepted.message_count + accepted.rejected_count == len(elements)
    assert len(bodies_of(account)) - events == accepted.message_count
    fresh = rejected_of(account)[kept:]
    assert len(fresh) == accepted.rejected_count
    for record in fresh:
        assert bytes(record.raw) == elements[record.position - 1]
    with connection.cursor() as cursor:
        # Profiles hold the values as jsonb, which is stricter than json.
        cursor.execute("SELECT count(body::jsonb) FROM streams_event")


@given(
    start=st.sampled_from([b"", b"[", b"{"]),
    body=st.binary(max_size=60) | st.lists(raw_elements, max_size=3).map(b",".join),
)
def test_no_body_crashes(start, body):
    call = make_call(droperrors=True)
    found = []
    with contextlib.suppress(BadCallError):
        found.extend(read_json(start + body, call))

    positions = [each.position for each in found if isinstance(each, Rejected)]
    assert positions == sorted(set(positions))

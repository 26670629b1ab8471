"""Field types: inference, widening and casting."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segments.profiles.fields import cast, fits, infer, join, parse_iso_date
from segments.profiles.models import FieldType

TYPES = st.sampled_from(list(FieldType))
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.datetimes().map(lambda d: d.isoformat() + "Z"),
    st.none(),
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, FieldType.BOOL),
        (5, FieldType.INT),
        (5.0, FieldType.NUMBER),
        ("5", FieldType.STRING),
        ("2015-12-18", FieldType.DATE),
        ("2015-12-18 10:20", FieldType.DATE),
        ("2016-06-29T18:50:16.902758229Z", FieldType.DATE),
        ("2016-06-29T18:50:16+02:00", FieldType.DATE),
        ("2015-13-18", FieldType.STRING),
        ("2015-12-18 is a day", FieldType.STRING),
        ("20151218", FieldType.STRING),
        (["a", 1], FieldType.LIST),
        (None, None),
        ("", None),
    ],
)
def test_it_infers_the_type_of_a_value(value: Any, expected: FieldType | None) -> None:
    assert infer(value) is expected


@given(TYPES, TYPES, TYPES)
def test_joining_does_not_depend_on_order(
    a: FieldType, b: FieldType, c: FieldType
) -> None:
    assert join(a, a) is a
    assert join(a, b) is join(b, a)
    assert len({join(join(x, y), z) for x, y, z in permutations((a, b, c))}) == 1


@given(VALUES, VALUES)
def test_a_value_fits_what_it_was_joined_into(value: Any, other: Any) -> None:
    kind, other_kind = infer(value), infer(other)
    if kind is None or other_kind is None:
        return
    joined = join(kind, other_kind)
    assert fits(value, joined)
    assert fits(other, joined)


@given(VALUES, TYPES)
def test_fitting_is_what_joining_leaves_alone(value: Any, kind: FieldType) -> None:
    inferred = infer(value)
    assert fits(value, kind) == (inferred is None or join(kind, inferred) is kind)


@given(VALUES, TYPES)
def test_casting_never_fails_and_gives_the_type_it_fits(
    value: Any, kind: FieldType
) -> None:
    given_type = cast(value, kind)
    if value in (None, "") or not fits(value, kind):
        return
    expected = {
        FieldType.BOOL: bool,
        FieldType.INT: int,
        FieldType.NUMBER: float,
        FieldType.DATE: datetime,
        FieldType.STRING: str,
        FieldType.LIST: list,
        FieldType.MAP: dict,
    }[kind]
    assert type(given_type) is expected


def test_dates_are_read_in_utc() -> None:
    noon = datetime(2015, 12, 18, 12, tzinfo=UTC)
    assert parse_iso_date("2015-12-18 12:00:00") == noon
    assert parse_iso_date("2015-12-18T14:00:00+02:00") == noon


@pytest.mark.parametrize("epoch", [1450440000, 1450440000000, 1450440000000000])
def test_a_pinned_date_reads_epochs_by_their_digits(epoch: int) -> None:
    assert cast(epoch, FieldType.DATE) == datetime(2015, 12, 18, 12, tzinfo=UTC)


@pytest.mark.parametrize("text", ["9" * 25, "-" + "9" * 30, "nan", "-inf", "1e999"])
@pytest.mark.parametrize("kind", [FieldType.INT, FieldType.NUMBER])
def test_a_text_whose_number_no_message_can_hold_stays_a_text(
    text: str, kind: FieldType
) -> None:
    shown = orjson.loads(orjson.dumps(cast(text, kind)))
    assert shown is not None
    assert isinstance(shown, str | float)


def test_the_largest_whole_numbers_are_cast() -> None:
    assert cast(str(2**64 - 1), FieldType.INT) == 2**64 - 1
    assert cast(str(-(2**63)), FieldType.INT) == -(2**63)

"""Reading times."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segments.streams.errors import UnreadableTimeError
from segments.streams.timestamps import parse_time

INSTANT = datetime(2016, 6, 29, 18, 50, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2016-06-29T18:50:16Z",
        "2016-06-29t18:50:16z",
        "2016-06-29T18:50:16+00:00",
        "2016-06-29T11:50:16-07:00",
        "2016-06-29T11:50:16-0700",
        "2016-06-29 18:50:16",
        " 2016-06-29 18:50:16 ",
        "2016-06-29 18:50:16 +0000",
        "2016-06-29 18:50:16 UTC",
        "20160629T185016Z",
        "20160629185016",
        "2016/06/29 18:50:16",
        "06/29/2016 18:50:16",
        "6/29/2016 6:50:16 PM",
        "Wed, 29 Jun 2016 18:50:16 GMT",
        "Wed, 29 Jun 2016 11:50:16 PDT",
        "Wed Jun 29 18:50:16 2016",
        "June 29, 2016 18:50:16",
        "29 Jun 2016 18:50:16",
        1467226216,
        1467226216.0,
        1467226216000,
        1467226216000000,
        1467226216000000000,
        "1467226216",
        "1467226216.0",
        "1467226216000",
        "1467226216000000",
        "1467226216000000000",
    ],
)
def test_forms_of_one_instant(value):
    assert parse_time(value) == INSTANT
    assert parse_time(value).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2016-06-29", datetime(2016, 6, 29, tzinfo=UTC)),
        ("20160629", datetime(2016, 6, 29, tzinfo=UTC)),
        ("03/04/2020", datetime(2020, 3, 4, tzinfo=UTC)),
        ("2016", datetime(2016, 1, 1, tzinfo=UTC)),
        ("2016-06-29T18:50:16.902758229Z", INSTANT.replace(microsecond=902758)),
        (1467226216.25, INSTANT.replace(microsecond=250000)),
        (1467226216902, INSTANT.replace(microsecond=902000)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (-1, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("99999999", datetime(1973, 3, 3, 9, 46, 39, tzinfo=UTC)),
    ],
)
def test_other_instants(value, instant):
    assert parse_time(value) == instant


@pytest.mark.parametrize(
    "value",
    [
        "soon",
        "",
        "x" * 100,
        "10:30",
        "Friday",
        "Jun 2016",
        "2016-13-01",
        "2016-06-29T25:00:00Z",
        "2016-06-29 18:50:16 XYZ",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        10**19,
        1e300,
        float("nan"),
        True,
        None,
        ["2016-06-29"],
    ],
)
def test_what_is_no_time(value):
    with pytest.raises(UnreadableTimeError):
        parse_time(value)


@given(st.text(max_size=80) | st.integers() | st.floats() | st.none() | st.booleans())
def test_anything_is_a_time_or_refused(value):
    with contextlib.suppress(UnreadableTimeError):
        assert parse_time(value).utcoffset() == timedelta(0)


_PIECES = st.sampled_from(
    [
        "2016",
        "06",
        "29",
        "31",
        "12",
        "0",
        "99",
        "18:50",
        ":",
        "-",
        "/",
        "T",
        "Z",
        "+",
        "+01:00",
        "PM",
        "am",
        "Jun",
        "Friday",
        "GMT",
        "UTC",
        "EST",
        ".",
        ",",
    ]
)


@given(st.lists(_PIECES, max_size=8), st.sampled_from(["", " "]))
def test_anything_like_a_time_is_a_time_or_refused(pieces, between):
    with contextlib.suppress(UnreadableTimeError):
        assert parse_time(between.join(pieces)).utcoffset() == timedelta(0)


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))  # noqa: DTZ001
def test_what_is_written_in_iso_is_read(instant):
    assert parse_time(instant.isoformat() + "Z") == instant.replace(tzinfo=UTC)

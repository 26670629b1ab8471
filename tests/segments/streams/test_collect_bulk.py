"""`POST /collect/bulk/{stream}`: JSON lines and CSV."""

from __future__ import annotations

import csv
import gzip
import io
import tracemalloc
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segments.streams import upload as uploads
from segments.streams.csv_rows import Dialect, read_csv
from segments.streams.models import Stream
from segments.streams.records import Record
from tests.segments.streams.stored import (
    bodies_of,
    events_of,
    make_call,
    rejected_of,
)

pytestmark = pytest.mark.django_db

JSON = "application/json"
CSV = b"user_id,name,city\nu1,Ann,Oslo\nu2,Bob,\nu3,,Rome\n"
ROWS = [
    {"user_id": "u1", "name": "Ann", "city": "Oslo"},
    {"user_id": "u2", "name": "Bob"},
    {"user_id": "u3", "city": "Rome"},
]


def test_csv_is_taken(upload, account):
    answer = upload(CSV, filename="users.csv")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": 200,
        "message": "success",
        "data": {
            "message_count": 3,
            "rejected_count": 0,
            "content-type": "application/csv",
            "droperrors": False,
            "dryrun": False,
            "timestamp_field": "",
            "filename": "users.csv",
        },
    }
    assert bodies_of(account) == ROWS
    assert {event.stream for event in events_of(account)} == {"demo"}


def test_json_lines_are_taken(upload, account):
    body = b'{"user_id": "u1", "n": 1}\n\n  {"a": {"b": 2}}  \r\n{"n": 3}'

    answer = upload(body, JSON)

    assert answer.json()["data"]["message_count"] == 3
    assert answer.json()["data"]["content-type"] == JSON
    assert bodies_of(account) == [{"user_id": "u1", "n": 1}, {"a.b": 2}, {"n": 3}]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/csv", CSV),
        ("text/csv; charset=utf-8", CSV),
        (JSON, b'{"user_id": "u1"}\n' * 3),
        ("application/x-ndjson", b'{"user_id": "u1"}\n' * 3),
    ],
)
def test_gzip_is_recognised(upload, account, content_type, body):
    half = len(body) // 2
    members = gzip.compress(body[:half]) + gzip.compress(body[half:])

    assert upload(members, content_type).json()["data"]["message_count"] == 3
    assert len(bodies_of(account)) == 3


def test_other_types_are_refused(upload, account):
    answer = upload(CSV, "application/octet-stream")

    assert answer.status_code == 415
    assert "application/csv" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "params", "rows"),
    [
        (b"a|b\n1,5|2\n", {"delimiter": "|"}, [{"a": "1,5", "b": "2"}]),
        (b"a\tb\n1\t2\n", {"delimiter": "t"}, [{"a": "1", "b": "2"}]),
        (b"1,2\n", {"headers": "a,b"}, [{"a": "1", "b": "2"}]),
        (b"1,2\n", {"headers": 'a,"b,c"'}, [{"a": "1", "b,c": "2"}]),
        (b"a\n1\n", {"append": '{"m":{"x":2}}'}, [{"a": "1", "m.x": 2}]),
        (b" a , b\n1,2\n", {}, [{"a": "1", "b": "2"}]),
        (
            b"\xef\xbb\xbfa,b\r\n1,2\r\n\r\n3,4",
            {},
            [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}],
        ),
        (b'a,b\n"x\ny","say ""hi"""\n', {}, [{"a": "x\ny", "b": 'say "hi"'}]),
        (b"a,b\n007, 1 \n", {}, [{"a": "007", "b": " 1 "}]),
        (b"a,b\n , \n", {}, [{}]),
        (b"m.x,m.y\n1,2\n", {}, [{"m.x": "1", "m.y": "2"}]),
        (b"a,b\n", {}, []),
        (b"", {"headers": "a"}, []),
    ],
)
def test_csv_forms(upload, account, body, params, rows):
    assert upload(body, **params).status_code == 200
    assert bodies_of(account) == rows


@pytest.mark.parametrize(
    ("body", "params", "message"),
    [
        (b"", {}, "The upload is empty"),
        (b"a,a\n1,2\n", {}, '"a" is named twice'),
        (b"a,b\n1,2\n", {"append": '{"b": 1}'}, '"b" is named twice'),
        (b"a,\n1,2\n", {}, "is empty"),
        (b'a,"b\n1,2\n', {}, "Line 1: It is not valid CSV"),
        (CSV, {"delimiter": ";;"}, "delimiter must be"),
        (CSV, {"append": "[1]"}, "append must be a JSON object"),
        (CSV, {"append": "{"}, "append is not valid JSON"),
        (CSV, {"append": '{"a": [{}]}'}, "append: "),
        (CSV, {"headers": '"a'}, "headers is not a list of names"),
    ],
)
def test_odd_headers_and_parameters_are_refused(upload, account, body, params, message):
    answer = upload(body, **params)

    assert answer.status_code == 400
    assert message in answer.json()["message"]
    assert not Stream.objects.for_account(account).exists()


def test_csv_parameters_are_refused_for_json_lines(upload):
    answer = upload(b"{}", JSON, append='{"a": 1}')

    assert answer.status_code == 400
    assert "append is for CSV" in answer.json()["message"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"u2,Bob", "The row has 2 values, the header has 3."),
        (b"u2,Bob,Oslo,x", "The row has 4 values, the header has 3."),
        (b'u2,"Bob"x,Oslo', "It is not valid CSV"),
        (b'u2,"Bob,Oslo', "It is not valid CSV"),
        (b"u2,B\xff,Oslo", "not valid Unicode"),
        (b"u2,B\0,Oslo", "cannot be stored"),
        (b"u" * 257 + b",Bob,Oslo", "longer than 256 bytes"),
        (b"u2," + b"x" * 2000 + b",Oslo", "longer than 1000 bytes"),
    ],
)
def test_a_bad_row_refuses_the_upload_or_is_kept(
    upload, account, settings, row, reason
):
    settings.COLLECT_MAX_RECORD_BYTES = 1000
    body = CSV + row + b"\nu4,Dan,Bonn\n"

    refused = upload(body)

    assert refused.status_code == 400
    assert refused.json()["message"].startswith("Line 5: ")
    assert reason in refused.json()["message"]
    assert bodies_of(account) == []

    taken = upload(body, droperrors="true").json()["data"]

    assert (taken["message_count"], taken["rejected_count"]) == (4, 1)
    assert bodies_of(account) == [
        *ROWS,
        {"user_id": "u4", "name": "Dan", "city": "Bonn"},
    ]
    (kept,) = rejected_of(account)
    assert (kept.position, bytes(kept.raw)) == (5, row[:1000])
    assert reason in kept.reason


def test_a_row_of_several_lines_is_kept_whole(upload, account):
    upload(b'a,b\n"x\ny"\n1,2\n', droperrors="true")

    (kept,) = rejected_of(account)
    assert (kept.position, bytes(kept.raw)) == (2, b'"x\ny"')
    assert bodies_of(account) == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    "line", [b"{", b"[1]", b'{"a": "\\ud800"}', b'{"a": "' + b"x" * 2000 + b'"}']
)
def test_a_bad_line_refuses_the_upload_or_is_kept(upload, account, settings, line):
    settings.COLLECT_MAX_RECORD_BYTES = 1000
    body = b'{"n": 1}\n\n%s\n{"n": 2}\n' % line

    refused = upload(body, JSON)

    assert refused.status_code == 400
    assert refused.json()["message"].startswith("Line 3: ")
    assert bodies_of(account) == []

    upload(body, JSON, droperrors="true")

    assert bodies_of(account) == [{"n": 1}, {"n": 2}]
    (kept,) = rejected_of(account)
    assert (kept.position, bytes(kept.raw)) == (3, line[:1000])


def test_a_bad_row_at_the_end_leaves_nothing(upload, account):
    body = b"user_id,n\n" + b"".join(b"u%d,%d\n" % (n, n) for n in range(11_000))

    assert upload(body + b"short\n").status_code == 400
    assert bodies_of(account) == []

    assert upload(body).json()["data"]["message_count"] == 11_000
    assert [body["n"] for body in bodies_of(account)] == [str(n) for n in range(11_000)]


def test_dryrun_stores_nothing(upload, account):
    data = upload(CSV + b"short\n", dryrun="true", droperrors="true").json()["data"]

    assert (data["message_count"], data["rejected_count"]) == (3, 1)
    assert bodies_of(account) == []
    assert rejected_of(account) == []


def test_the_time_comes_from_the_named_column(upload, account):
    upload(b"at\n2016-06-29 18:50:16\n1467226216\n", timestamp_field="at")

    instant = datetime(2016, 6, 29, 18, 50, 16, tzinfo=UTC)
    assert [event.event_at for event in events_of(account)] == [instant, instant]


def test_a_large_upload_is_refused(upload, settings, account):
    settings.COLLECT_MAX_BULK_BYTES = 40

    answer = upload(CSV)

    assert answer.status_code == 413
    assert bodies_of(account) == []


def test_a_gzip_bomb_is_refused(upload, settings, account):
    settings.COLLECT_MAX_BULK_BYTES = 100_000
    bomb = gzip.compress(b"user_id\n" + b"u\n" * 10_000_000)

    answer = upload(bomb)

    assert answer.status_code == 413
    assert "unpacked" in answer.json()["message"]
    assert bodies_of(account) == []


@pytest.mark.parametrize(
    "damage", [lambda packed: packed[:-9], lambda packed: packed + b"x"]
)
def test_damaged_gzip_is_refused(upload, account, damage):
    answer = upload(damage(gzip.compress(CSV)), droperrors="true")

    assert answer.status_code == 400
    assert "gzip" in answer.json()["message"]
    assert bodies_of(account) == []


def test_unpacking_takes_the_memory_of_a_block():
    packed = io.BytesIO(gzip.compress(b"x" * 50_000_000))
    tracemalloc.start()
    try:
        total = sum(map(len, uploads.unpacked(packed, max_bytes=10**9)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert total == 50_000_000
    assert peak < 4 * uploads.BLOCK_BYTES


@given(
    text=st.binary(max_size=200) | st.text("ab\n", max_size=200).map(str.encode),
    size=st.integers(1, 20),
    limit=st.integers(1, 30),
)
def test_lines_do_not_depend_on_blocks(text, size, limit):
    blocks = [text[at : at + size] for at in range(0, len(text), size)]

    found = list(uploads.lines(blocks, max_bytes=limit))

    whole = text.split(b"\n")
    if whole[-1] == b"":
        whole.pop()
    assert [line.text for line in found] == [
        line[:limit].removeprefix(b"\xef\xbb\xbf") if number == 0 else line[:limit]
        for number, line in enumerate(whole)
    ]
    assert [line.is_cut for line in found] == [len(line) > limit for line in whole]
    assert [line.number for line in found] == list(range(1, len(whole) + 1))


cells = st.text(
    st.sampled_from('ab",\n\r |é') | st.characters(codec="utf-8"), max_size=8
)


@given(st.lists(st.tuples(cells, cells), max_size=5))
def test_what_is_written_as_csv_is_read(rows):
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    lines = uploads.lines([text.getvalue().encode()], max_bytes=1000)

    found = list(read_csv(lines, make_call(), Dialect()))

    for record, row in zip(found, rows, strict=True):
        if isinstance(record, Record):
            expected = {n: c for n, c in zip("ab", row, strict=True) if c.strip()}
            assert orjson.loads(record.body) == expected
        else:
            assert "\0" in "".join(row)


@given(
    st.lists(
        st.sampled_from([b'"', b",", b"\n", b"a", b"\r", b"\0", b"\xff"]), max_size=40
    )
)
def test_no_csv_crashes(pieces):
    text = b"a,b\n" + b"".join(pieces)
    lines = uploads.lines([text], max_bytes=50)

    for each in read_csv(lines, make_call(max_record_bytes=50), Dialect()):
        assert isinstance(each, Record) or each.reason.encode()

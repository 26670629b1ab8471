"""`POST /collect/json/{stream}`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest
from django.utils import timezone

from lyticsapp.accounts.models import Scope
from segments.streams.models import Stream
from tests.segments.streams.stored import bodies_of, events_of, rejected_of

pytestmark = pytest.mark.django_db


def test_it_answers_as_documented(send, account):
    answer = send(
        b'[{"user_id": "a", "event_created": 1}, {"user_id": "b"}]',
        timestamp_field="event_created",
        filename="myfile.json",
    )

    assert answer.status_code == 200
    assert answer.json() == {
        "status": 200,
        "message": "success",
        "data": {
            "message_count": 2,
            "rejected_count": 0,
            "content-type": "application/json",
            "droperrors": False,
            "dryrun": False,
            "timestamp_field": "event_created",
            "filename": "myfile.json",
        },
    }
    assert bodies_of(account) == [
        {"user_id": "a", "event_created": 1},
        {"user_id": "b"},
    ]


def test_it_takes_one_object(send, account):
    before = timezone.now()

    assert send(b'{"user_id": "a"}').json()["data"]["message_count"] == 1

    (event,) = events_of(account)
    assert event.stream == "demo"
    assert event.body == {"user_id": "a"}
    assert event.event_at == event.received_at
    assert before <= event.received_at <= timezone.now()


def test_it_takes_an_empty_array(send, account):
    assert send(b"[]").json()["data"]["message_count"] == 0
    assert bodies_of(account) == []


def test_it_takes_what_curl_declares_a_form(sender, account):
    sender.generic(
        "POST",
        "/collect/json/demo",
        b'{"user_id": "a=b&c"}',
        content_type="application/x-www-form-urlencoded",
    )

    assert bodies_of(account) == [{"user_id": "a=b&c"}]


def test_a_stream_appears_once(send, account):
    for _ in range(3):
        send(b"{}", stream="web.clicks")

    assert [s.name for s in Stream.objects.for_account(account)] == ["web.clicks"]


def test_without_a_name_the_stream_is_default(sender, account):
    answer = sender.post("/collect/json", b"{}", content_type="application/json")

    assert answer.status_code == 200
    assert [event.stream for event in events_of(account)] == ["default"]


@pytest.mark.parametrize("name", ["a b", "a/b", "x" * 101, "%00", ".hidden", "é"])
def test_odd_stream_names_are_refused(send, account, name):
    answer = send(b"{}", stream=name)

    assert answer.status_code == 400
    assert "stream name" in answer.json()["message"]
    assert not Stream.objects.for_account(account).exists()


def test_accounts_with_the_same_stream_do_not_mix(api_of, account, stranger):
    for owner in (account, stranger):
        api_of(owner, Scope.DATA).post(
            "/collect/json/demo",
            orjson.dumps({"user_id": owner.name}),
            content_type="application/json",
        )

    assert bodies_of(account) == [{"user_id": "Own"}]
    assert bodies_of(stranger) == [{"user_id": "Stranger"}]
    assert Stream.across_accounts.count() == 2


def test_a_token_is_needed(client, account):
    answer = client.post("/collect/json/demo", b"{}", content_type="application/json")

    assert answer.status_code == 401
    assert answer.json()["data"] is None
    assert bodies_of(account) == []


def test_the_scope_is_needed(api_of, account):
    answer = api_of(account, Scope.SEGMENTS).post(
        "/collect/json/demo", b"{}", content_type="application/json"
    )

    assert answer.status_code == 403
    assert bodies_of(account) == []


@pytest.mark.parametrize("parameter", ["key", "access_token"])
def test_the_token_may_come_in_the_address(client, sender, account, parameter):
    token = sender._credentials["HTTP_AUTHORIZATION"]

    answer = client.post(
        f"/collect/json/demo?{parameter}={token}", b"{}", content_type="text/plain"
    )

    assert answer.status_code == 200


def test_other_methods_are_refused(sender):
    answer = sender.get("/collect/json/demo")

    assert answer.status_code == 405
    assert answer.json()["status"] == 405


def test_one_bad_record_refuses_the_call(send, account):
    answer = send(b'[{"user_id": "a"}, {"x": [{"y": 1}]}, {"user_id": "b"}]')

    assert answer.status_code == 400
    assert answer.json()["data"] is None
    message = answer.json()["message"]
    assert message.startswith('Record 2: "x" is an array of objects')
    assert "droperrors=true" in message
    assert bodies_of(account) == []
    assert rejected_of(account) == []
    assert not Stream.objects.for_account(account).exists()


def test_droperrors_keeps_the_bad_and_takes_the_good(send, account):
    answer = send(
        b'[{"user_id": "a"}, {"x" : [{"y":1}]} , 7, {"user_id": "b"}]',
        droperrors="true",
        filename="day.json",
    )

    data = answer.json()["data"]
    assert (data["message_count"], data["rejected_count"]) == (2, 2)
    assert data["droperrors"] is True
    assert bodies_of(account) == [{"user_id": "a"}, {"user_id": "b"}]
    first, second = rejected_of(account)
    assert (first.position, bytes(first.raw)) == (2, b'{"x" : [{"y":1}]}')
    assert first.reason.startswith('"x" is an array of objects')
    assert first.filename == "day.json"
    assert first.stream.name == "demo"
    assert (second.position, bytes(second.raw)) == (3, b"7")


@pytest.mark.parametrize(
    "bad",
    [
        b'{"name": "\\ud800"}',
        b'{"name": "\\u0000"}',
        b'{"na\\u0000me": 1}',
        b'{"names": ["a", "\\u0000"]}',
        b'{"name": "\xff"}',
        b'{"number": NaN}',
        b'{"number": 1e999}',
        b'{"user_id": "' + b"x" * 257 + b'"}',
        b'{"name": }',
        b"",
        b"[1]",
        b'"text"',
    ],
)
def test_bad_records_are_kept_as_they_came(send, account, bad):
    good = b'{"user_id": "a", "note": "],[\\"}"}'

    answer = send(b"[%s, %s,%s]" % (good, bad, good), droperrors="true")

    data = answer.json()["data"]
    assert (data["message_count"], data["rejected_count"]) == (2, 1)
    (kept,) = rejected_of(account)
    assert (kept.position, bytes(kept.raw)) == (2, bad)
    assert kept.reason


def test_a_backslash_is_no_nul(send, account):
    assert send(rb'{"path": "C:\\u0000"}').status_code == 200
    assert bodies_of(account) == [{"path": "C:\\u0000"}]


@pytest.mark.parametrize(
    "body", [b"", b'[{"a": 1}', b'[{"a": 1}] x', b'[{"a": "b]', b"[}", b"7", b"null"]
)
@pytest.mark.parametrize("droperrors", ["true", "false"])
def test_what_holds_no_records_is_refused(send, account, body, droperrors):
    answer = send(body, droperrors=droperrors)

    assert answer.status_code == 400
    assert "The body" in answer.json()["message"]
    assert rejected_of(account) == []


def test_a_broken_object_is_a_bad_record(send, account):
    assert send(b'{"a": ').json()["message"].startswith("Record 1: It is not valid")

    send(b'{"a": ', droperrors="true")

    assert [bytes(record.raw) for record in rejected_of(account)] == [b'{"a":']


def test_nested_objects_become_dotted_names(send, account):
    send(b'{"scores": {"momentum": 5, "by": {"day": [1, 2]}}, "empty": {}, "n": null}')

    assert bodies_of(account) == [
        {"scores.momentum": 5, "scores.by.day": [1, 2], "n": None}
    ]


def test_dryrun_stores_nothing(send, account):
    answer = send(b'[{"user_id": "a"}, 7]', dryrun="true", droperrors="true")

    data = answer.json()["data"]
    assert (data["message_count"], data["rejected_count"]) == (1, 1)
    assert data["dryrun"] is True
    assert bodies_of(account) == []
    assert rejected_of(account) == []
    assert not Stream.objects.for_account(account).exists()


def test_dryrun_finds_the_bad_record(send):
    answer = send(b'[{"user_id": "a"}, 7]', dryrun="true")

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Record 2:")


@pytest.mark.parametrize("params", [{"dryrun": "maybe"}, {"filename": "x" * 301}])
def test_odd_parameters_are_refused_by_name(send, params):
    answer = send(b"{}", **params)

    assert answer.status_code == 400
    assert next(iter(params)) in answer.json()["message"]


def test_a_call_that_is_too_large_is_sent_to_bulk(send, settings, account):
    settings.COLLECT_MAX_CALL_BYTES = 50

    answer = send(orjson.dumps({"user_id": "x" * 40}))

    assert answer.status_code == 413
    assert "/collect/bulk" in answer.json()["message"]
    assert bodies_of(account) == []


def test_a_record_that_is_too_large_is_bad(send, settings, account):
    settings.COLLECT_MAX_RECORD_BYTES = 100
    body = orjson.dumps([{"user_id": "a"}, {"x": "y" * 100}])

    assert send(body).json()["message"].startswith("Record 2: It takes 108 bytes")
    send(body, droperrors="true")

    assert bodies_of(account) == [{"user_id": "a"}]
    assert len(rejected_of(account)[0].raw) == 100


def test_the_time_comes_from_the_named_field(send, account):
    send(
        b'[{"at": "2016-06-29T18:50:16.902758229Z"}, {"at": 1467226216902}, {}]',
        timestamp_field="at",
    )

    first, second, third = events_of(account)
    assert first.event_at == datetime(2016, 6, 29, 18, 50, 16, 902758, UTC)
    assert second.event_at == datetime(2016, 6, 29, 18, 50, 16, 902000, UTC)
    assert third.event_at == third.received_at


def test_an_undefined_timestamp_field_is_none(send, account):
    answer = send(b'{"user_id": "a"}', timestamp_field="undefined")

    assert answer.status_code == 200
    (event,) = events_of(account)
    assert event.event_at == event.received_at


def test_an_unreadable_time_is_a_bad_record(send, account):
    answer = send(b'{"at": "soon"}', timestamp_field="at")

    assert answer.status_code == 400
    assert '"at" holds "soon", which is not a time' in answer.json()["message"]


def test_a_time_that_is_still_to_come_is_a_bad_record(send, account):
    far = (timezone.now() + timedelta(hours=25)).isoformat()
    near = (timezone.now() + timedelta(hours=23)).isoformat()
    body = f'[{{"at": "{near}"}}, {{"at": "{far}"}}, {{"at": 4102444800}}]'.encode()

    refused = send(body, timestamp_field="at")
    assert refused.status_code == 400
    told = f'Record 2: "at" holds "{far}", which is more than a day ahead'
    assert told in refused.json()["message"]
    assert events_of(account) == []

    kept = send(body, timestamp_field="at", droperrors="true").json()["data"]
    assert (kept["message_count"], kept["rejected_count"]) == (1, 2)
    assert len(rejected_of(account)) == 2


def test_an_event_without_identity_is_stored(send, account):
    send(b'[{"page": "/"}, {"user_id": ""}, {"user_id": null, "email": "  "}]')

    assert len(events_of(account)) == 3


def test_events_of_a_user_share_a_lane(send, account):
    send(b'[{"user_id": "a", "n": 1}, {"n": 2, "email": "x", "user_id": "a"}]')

    first, second = events_of(account)
    assert first.lane == second.lane


def test_events_without_identity_are_spread_over_lanes(send, account):
    send(orjson.dumps([{"n": n} for n in range(100)]))

    assert len({event.lane for event in events_of(account)}) > 4


def test_a_large_call_is_stored_in_order(send, account):
    records = [{"user_id": "a", "n": n} for n in range(12_000)]

    assert send(orjson.dumps(records)).json()["data"]["message_count"] == 12_000

    assert [body["n"] for body in bodies_of(account)] == list(range(12_000))


def test_a_large_call_is_refused_whole(send, account):
    records = [{"user_id": "a", "n": n} for n in range(12_000)] + [7]

    assert send(orjson.dumps(records)).json()["message"].startswith("Record 12001:")

    assert bodies_of(account) == []


def test_a_byte_order_mark_is_passed_over(send, account):
    send(b'\xef\xbb\xbf{"user_id": "a"}')

    assert bodies_of(account) == [{"user_id": "a"}]

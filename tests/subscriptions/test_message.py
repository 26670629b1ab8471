"""The message has every documented key, in its documented form."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest

from segments.pipeline.triggers import Transition
from subscriptions.listeners import Listener, SegmentName
from subscriptions.message import build, far_future, segment_event

AT = datetime(2017, 3, 18, 6, 12, 36, 829070, tzinfo=UTC)
ENTERED = datetime(2017, 3, 2, 6, 12, 36, 829070, tzinfo=UTC)
ID = UUID("6c0a1a7c-6c7b-4f0e-9a5e-0d0f4a3b2c1d")


def listener(*fields):
    segments = {
        1: SegmentName("d3d8f15855b6b067709577342fe72db9", "demo_segment"),
        2: SegmentName("abc678asdf", "another_segment"),
    }
    return Listener(9, "7e2b8804", segments, False, frozenset(fields))


def test_it_is_the_documented_sample():
    events = [
        segment_event(listener(), Transition(1, "exit", ENTERED, AT), AT),
        segment_event(listener(), Transition(2, "enter", ENTERED, None), AT),
    ]
    fields = {"_created": "2016-06-29T18:50:16.902758Z", "user_id": "user123"}
    body = build(
        listener(), fields, events, (), message_id=ID, sequence=5, cause="event", at=AT
    )
    assert orjson.loads(body) == {
        "data": {
            "_created": "2016-06-29T18:50:16.902758Z",
            "user_id": "user123",
            "segment_events": [
                {
                    "id": "d3d8f15855b6b067709577342fe72db9",
                    "event": "exit",
                    "enter": "2017-03-02T06:12:36.829070Z",
                    "exit": "2017-03-18T06:12:36.829070Z",
                    "slug": "demo_segment",
                },
                {
                    "id": "abc678asdf",
                    "event": "enter",
                    "enter": "2017-03-02T06:12:36.829070Z",
                    "exit": "2099-03-18T06:12:36.829070Z",
                    "slug": "another_segment",
                },
            ],
        },
        "meta": {
            "object": "user",
            "source": "subscription",
            "subscription_id": "7e2b8804",
            "timestamp": "2017-03-18T06:12:36.829070Z",
            "id": str(ID),
            "sequence": 5,
            "cause": "event",
        },
    }


def test_an_enter_shows_when_the_user_will_leave_if_that_is_known():
    leaves = datetime(2017, 4, 1, tzinfo=UTC)
    event = segment_event(listener(), Transition(1, "enter", ENTERED, leaves), AT)
    assert event["exit"] == "2017-04-01T00:00:00.000000Z"


@pytest.mark.parametrize(("day", "shown"), [(28, 28), (29, 28)])
def test_the_far_future_has_no_29th_of_february(day, shown):
    at = datetime(2028, 2, day, 12, tzinfo=UTC)
    assert far_future(at) == datetime(2099, 2, shown, 12, tzinfo=UTC)


def test_only_the_chosen_fields_are_sent():
    fields = {"_created": "c", "_modified": "m", "user_id": "u", "email": "e"}
    chosen = listener("email").chosen(fields)
    assert chosen == {"_created": "c", "_modified": "m", "email": "e"}
    assert listener().chosen(fields) == fields


def test_a_field_of_that_name_does_not_hide_the_segment_events():
    body = build(
        listener(),
        {"segment_events": "mine"},
        [],
        (),
        message_id=ID,
        sequence=5,
        cause="event",
        at=AT,
    )
    assert orjson.loads(body)["data"]["segment_events"] == []

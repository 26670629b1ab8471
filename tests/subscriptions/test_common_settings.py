"""What a subscription is told of, and what its messages hold, as it is chosen."""

from __future__ import annotations

import pytest

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.jobs import control, workflow
from segments.pipeline.batch import Lane, process
from subscriptions import backfill, channel, lookup
from subscriptions.backfill import Walk
from subscriptions.common_settings import fields_named_by
from tests.segments.pipeline.accounts import put_events
from tests.subscriptions.making import deliveries, make_segment, make_subscription

pytestmark = pytest.mark.django_db


@pytest.fixture
def payers(account):
    return make_segment(account, "payers")


def happen(account, *events):
    put_events(account, list(events))
    while process(account.pk, 0).lane is Lane.WORKED:
        pass


def told(subscription):
    """The events of each message."""
    return [
        [(e["event"], e["slug"]) for e in each.payload["data"]["segment_events"]]
        for each in deliveries(subscription)
    ]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("", [[("enter", "payers")], [("exit", "payers")]]),
        ("enters_only", [[("enter", "payers")]]),
        ("exits_only", [[("exit", "payers")]]),
    ],
)
def test_only_what_is_wanted_is_told(account, payers, chosen, expected):
    subscription = make_subscription(account, [payers], audience_events=chosen)
    happen(account, {"user_id": "1", "payers": "t"})
    happen(account, {"user_id": "1", "payers": "f"})
    assert told(subscription) == expected


def test_a_change_of_a_members_field_is_told(account, payers):
    regulars = make_segment(account, "regulars")
    subscription = make_subscription(
        account, [payers, regulars], field_changes=["plan", "city"]
    )
    happen(account, {"user_id": "1", "plan": "a"})
    assert told(subscription) == [], "nobody's member yet"
    happen(account, {"user_id": "1", "payers": "t", "plan": "b"})
    assert told(subscription) == [[("enter", "payers")]]
    happen(account, {"user_id": "1", "plan": "b", "other": "x"})
    assert len(told(subscription)) == 1, "it is the same"
    happen(account, {"user_id": "1", "plan": "c"})
    assert told(subscription)[1] == [("change", "payers")]
    change = deliveries(subscription)[1].payload["data"]
    assert change["plan"] == "c"
    assert set(change["segment_events"][0]) == {"id", "slug", "event"}
    happen(account, {"user_id": "1", "regulars": "t", "city": "Ghent"})
    assert told(subscription)[2] == [("enter", "regulars"), ("change", "payers")]
    happen(account, {"user_id": "1", "payers": "f", "city": "Bruges"})
    assert told(subscription)[3] == [("exit", "payers"), ("change", "regulars")]


def test_a_change_is_told_with_enters_only(account, payers):
    subscription = make_subscription(
        account, [payers], audience_events="exits_only", field_changes=["plan"]
    )
    happen(account, {"user_id": "1", "payers": "t"})
    happen(account, {"user_id": "1", "plan": "b"})
    assert told(subscription) == [[("change", "payers")]]


def test_a_change_does_not_make_a_walk_forget_that_it_has_told(account, payers):
    happen(account, {"user_id": "1", "payers": "t"})
    subscription = make_subscription(
        account, [payers], withbackfill=True, field_changes=["plan"]
    )
    while backfill.walk(account.pk, subscription.id) is Walk.MORE:
        pass
    happen(account, {"user_id": "1", "plan": "b"})
    backfill.start(subscription)
    while backfill.walk(account.pk, subscription.id) is Walk.MORE:
        pass
    assert told(subscription) == [[("enter", "payers")], [("change", "payers")]]


def test_the_segments_of_the_user_are_listed(account, payers):
    make_segment(account, "regulars")
    happen(account, {"user_id": "1", "payers": "t", "regulars": "t"})
    subscription = make_subscription(
        account, [payers], withbackfill=True, include_segs=True
    )
    plain = make_subscription(account, [payers])
    while backfill.walk(account.pk, subscription.id) is Walk.MORE:
        pass
    happen(account, {"user_id": "1", "payers": "f"})
    listed = [each.payload["data"]["segments"] for each in deliveries(subscription)]
    assert listed == [["payers", "regulars"], ["regulars"]]
    assert "segments" not in deliveries(plain)[0].payload["data"]


def test_fields_that_the_channel_needs_are_sent_too(account, payers):
    named = fields_named_by(channel.get("kinesis"), {"identifier_field": "email"})
    assert named == {"email"}
    assert fields_named_by(channel.get("kinesis"), {}) == frozenset()


def test_a_backfill_and_exits_only_contradict_each_other(account, payers):
    with pytest.raises(InvalidSettingError, match="only exits are wanted"):
        make_subscription(
            account, [payers], withbackfill=True, audience_events="exits_only"
        )


def test_no_more_fields_are_watched_than_documented(account, payers):
    fields = [f"f{number}" for number in range(76)]
    with pytest.raises(InvalidSettingError, match="the most is 75"):
        make_subscription(account, [payers], field_changes=fields)


def test_a_job_backfills_any_number_of_audiences_with_a_message_a_user(account, payers):
    regulars = make_segment(account, "regulars")
    happen(account, {"user_id": "1", "payers": "t", "regulars": "t"})
    happen(account, {"user_id": "2", "regulars": "t"})
    config = {
        "segment_ids": [payers.public_id, regulars.public_id],
        "webhook_url": "http://127.0.0.1:9/",
        "withbackfill": True,
    }
    wanted = workflow.Wanted("webhook_triggers", "Both", "", None, config)
    subscription = lookup.driven_by(control.create(account, wanted, SYSTEM))
    while backfill.walk(account.pk, subscription.id) is Walk.MORE:
        pass
    assert sorted(told(subscription)) == [
        [("enter", "payers"), ("enter", "regulars")],
        [("enter", "regulars")],
    ]

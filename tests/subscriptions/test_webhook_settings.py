"""What can be set of a webhook: method, signature, batches, redirects, Segment."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import time_machine

from lyticsapp.declaration.errors import InvalidSettingError
from subscriptions import deliver
from subscriptions.channels import webhook
from tests.subscriptions.inbox import Inbox, Reply
from tests.subscriptions.making import (
    deliveries,
    make_subscription,
    moved,
    send_all,
    states,
    write,
)

pytestmark = pytest.mark.django_db

KEY, OLD_KEY = b"k" * 24, b"o" * 32
SECRET, OLD_SECRET = ("whsec_" + base64.b64encode(k).decode() for k in (KEY, OLD_KEY))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_each_method_brings_the_message(account, segment, inbox, method):
    subscription = make_subscription(account, [segment], inbox.url, http_method=method)
    write(account, [moved(segment, "enter")])
    send_all(subscription)
    (arrival,) = inbox.arrivals
    assert arrival.method == method
    assert arrival.events == ["enter"]


def test_each_request_is_signed_by_both_secrets(account, segment, inbox):
    subscription = make_subscription(
        account,
        [segment],
        inbox.url,
        signing_secret=SECRET,
        previous_signing_secret=OLD_SECRET,
    )
    write(account, [moved(segment, "enter")])
    send_all(subscription)
    (arrival,) = inbox.arrivals
    at = arrival.headers["webhook-timestamp"]
    assert abs(int(at) - time.time()) < 60
    signed = f"{arrival.headers['webhook-id']}.{at}.".encode() + arrival.body
    assert arrival.headers["webhook-signature"].split(" ") == [
        "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        for key in (KEY, OLD_KEY)
    ]
    assert subscription.config["signing_secret"] == "****"


@pytest.mark.parametrize("secret", ["hush", "whsec_!", "whsec_aGk="])
def test_a_secret_that_cannot_sign_is_refused(account, segment, secret):
    with pytest.raises(InvalidSettingError, match="signing_secret: must"):
        make_subscription(account, [segment], signing_secret=secret)


class TestBatches:
    @pytest.fixture
    def batching(self, account, segment, inbox):
        def make(**more):
            return make_subscription(
                account, [segment], inbox.url, batch_requests=True, **more
            )

        return make

    def test_a_full_one_goes_at_once(self, account, segment, inbox, batching):
        subscription = batching(batch_size=3, batch_flush_duration=300)
        write(account, [moved(segment, "enter", n) for n in range(1, 7)])
        send_all_but_lingering(subscription)
        bodies = [orjson.loads(each.body) for each in inbox.arrivals]
        assert [len(body) for body in bodies] == [3, 3]
        sent = {m["meta"]["id"] for body in bodies for m in body}
        assert sent == {str(each.message_id) for each in deliveries(subscription)}
        assert set(states(subscription)) == {"delivered"}
        ids = {each.headers["webhook-id"] for each in inbox.arrivals}
        assert all(each.startswith("batch_") for each in ids)
        assert len(ids) == 2

    def test_one_that_is_not_full_waits_its_time(
        self, account, segment, inbox, batching
    ):
        subscription = batching(batch_size=3, batch_flush_duration=60)
        write(account, [moved(segment, "enter", n) for n in (1, 2)])
        send_all_but_lingering(subscription)
        assert inbox.arrivals == []
        with time_machine.travel(datetime.now(UTC) + timedelta(seconds=61)):
            send_all(subscription)
        (arrival,) = inbox.arrivals
        assert len(orjson.loads(arrival.body)) == 2

    def test_a_batch_holds_one_message_of_a_user(
        self, account, segment, inbox, batching
    ):
        subscription = batching(batch_size=10)
        events = ["enter", "exit", "enter"]
        write(account, [moved(segment, each, 1) for each in events])
        with time_machine.travel(datetime.now(UTC) + timedelta(seconds=2)):
            send_all(subscription)
        bodies = [orjson.loads(each.body) for each in inbox.arrivals]
        assert [len(body) for body in bodies] == [1, 1, 1]
        told = [body[0]["data"]["segment_events"][0]["event"] for body in bodies]
        assert told == events

    def test_one_that_fails_is_tried_again_whole(
        self, account, segment, inbox, batching
    ):
        replies = iter([Reply(500), Reply(200)])
        inbox.answer = lambda _: next(replies)
        subscription = batching(batch_size=2)
        write(account, [moved(segment, "enter", n) for n in (1, 2)])
        send_all(subscription)
        with time_machine.travel(datetime.now(UTC) + timedelta(seconds=5)):
            send_all(subscription)
        assert states(subscription) == ["delivered", "delivered"]
        assert {len(orjson.loads(each.body)) for each in inbox.arrivals} == {2}


def send_all_but_lingering(subscription):
    """One look at what is due: what may still wait for others is given back."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(deliver, "SLICE_S", 0.3)
        deliver.deliver(subscription.id)


def test_statuses_can_be_named_that_are_not_retried(account, segment):
    with Inbox(lambda _: Reply(409)) as inbox:
        subscription = make_subscription(
            account, [segment], inbox.url, do_not_retry=[409]
        )
        write(account, [moved(segment, "enter")])
        send_all(subscription)
    assert states(subscription) == ["dead"]
    with pytest.raises(InvalidSettingError, match="200 is no status of a failure"):
        make_subscription(account, [segment], do_not_retry=[200])


class TestRedirects:
    def test_they_are_followed_where_allowed(self, account, segment, inbox):
        replies = {"/hook": Reply(307, {"Location": "/moved"}), "/moved": Reply(200)}
        inbox.answer = lambda arrival: replies[arrival.path]
        subscription = make_subscription(
            account, [segment], inbox.url, follow_redirects=True
        )
        write(account, [moved(segment, "enter")])
        send_all(subscription)
        assert states(subscription) == ["delivered"]
        assert [each.method for each in inbox.arrivals] == ["POST", "POST"]
        assert inbox.arrivals[0].body == inbox.arrivals[1].body

    def test_a_private_address_is_refused_on_the_way(
        self, account, segment, inbox, settings
    ):
        settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.1/32"]
        away = Reply(307, {"Location": "http://127.0.0.2:9/"})
        inbox.answer = lambda _: away
        subscription = make_subscription(
            account, [segment], inbox.url, follow_redirects=True
        )
        write(account, [moved(segment, "enter")])
        send_all(subscription)
        subscription.job.refresh_from_db()
        assert states(subscription) == ["pending"]
        assert "private or reserved" in subscription.job.state_reason

    def test_secrets_do_not_go_elsewhere(self, account, segment, inbox):
        with Inbox() as elsewhere:
            inbox.answer = lambda _: Reply(307, {"Location": elsewhere.url})
            subscription = make_subscription(
                account,
                [segment],
                inbox.url,
                follow_redirects=True,
                headers={"Authorization": "hush-hush", "X-Number": "47"},
            )
            write(account, [moved(segment, "enter")])
            send_all(subscription)
            (arrival,) = elsewhere.arrivals
        assert "Authorization" not in arrival.headers
        assert arrival.headers["X-Number"] == "47"

    def test_one_without_an_end_is_a_failure(self, account, segment, inbox):
        inbox.answer = lambda _: Reply(307, {"Location": inbox.url})
        subscription = make_subscription(
            account, [segment], inbox.url, follow_redirects=True
        )
        write(account, [moved(segment, "enter")])
        send_all(subscription)
        assert states(subscription) == ["pending"]
        assert len(inbox.arrivals) == webhook.MOST_REDIRECTS


class TestSegment:
    @pytest.fixture
    def segment_io(self):
        with Inbox() as inbox:
            yield inbox

    @pytest.fixture
    def subscription(self, account, segment, inbox, segment_io):
        return make_subscription(
            account,
            [segment],
            inbox.url,
            segmentio_writekey="write-key",
            segmentio_url=segment_io.origin,
        )

    def test_it_is_told_of_the_user_and_of_what_happened(
        self, account, segment, subscription, inbox, segment_io
    ):
        write(account, [moved(segment, "enter", 1, user_id="ada")])
        send_all(subscription)
        (arrival,) = segment_io.arrivals
        assert arrival.path == "/v1/batch"
        basic = base64.b64encode(b"write-key:").decode()
        assert arrival.headers["Authorization"] == f"Basic {basic}"
        identify, track = orjson.loads(arrival.body)["batch"]
        (message,) = deliveries(subscription)
        assert identify["type"] == "identify"
        assert identify["userId"] == track["userId"] == "ada"
        assert identify["traits"] == {"user_id": "ada"}
        assert identify["messageId"] == f"{message.message_id}-0"
        assert track["type"] == "track"
        assert track["event"] == "Audience Entered"
        assert track["properties"]["slug"] == "vip"
        assert track["timestamp"] == message.payload["meta"]["timestamp"]
        assert len(inbox.arrivals) == 1
        assert states(subscription) == ["delivered"]

    def test_both_have_to_take_it(
        self, account, segment, subscription, inbox, segment_io
    ):
        replies = iter([Reply(500), Reply(200)])
        segment_io.answer = lambda _: next(replies)
        write(account, [moved(segment, "enter")])
        send_all(subscription)
        assert states(subscription) == ["pending"]
        with time_machine.travel(datetime.now(UTC) + timedelta(seconds=5)):
            send_all(subscription)
        assert states(subscription) == ["delivered"]
        ids = [
            orjson.loads(a.body)["batch"][0]["messageId"] for a in segment_io.arrivals
        ]
        assert ids[0] == ids[1]

    def test_a_wrong_key_pauses_the_job_and_says_whose_it_is(
        self, account, segment, subscription, segment_io
    ):
        segment_io.answer = lambda _: Reply(401)
        write(account, [moved(segment, "enter")])
        send_all(subscription)
        subscription.job.refresh_from_db()
        assert subscription.job.state == "paused"
        assert subscription.job.state_reason.startswith("Segment: answered 401")

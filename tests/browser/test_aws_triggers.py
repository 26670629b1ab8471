"""The documented steps of exporting triggers to SQS and Kinesis, walked in order."""

from __future__ import annotations

import orjson
import pytest
from playwright.sync_api import expect

from lyticsapp.authorizations.aws.external_ids import external_id_of
from lyticsapp.jobs.models import Job
from subscriptions import backfill, lookup
from tests.browser.conftest import NARROW, assert_fit_to_use, follow
from tests.local_aws import REGION, allow, trust
from tests.segments.pipeline.accounts import drain, put_events
from tests.subscriptions.making import make_segment, send_all

QUEUE_LABELS = (
    "Label",
    "Description",
    "Audience(s)",
    "SQS URL Stream",
    "Region",
    "Event/User Attributes",
    "Existing Users",
    "Start Export",
)
STREAM_LABELS = (
    "Label",
    "Description",
    "Audiences",
    "Stream Region",
    "Kinesis Stream",
    "AWS Role ARN",
    "User Identifier Field",
    "Existing Users",
    "Start Export",
)
STREAM = "lytics_triggers_stream"
WRITE = allow(["kinesis:PutRecord", "kinesis:PutRecords"], "*")
DOCUMENTED = {"_created", "_modified", "email", "user_id", "segment_events"}
OF_AN_EVENT = {"id", "event", "enter", "exit", "slug"}
OF_META = {"object", "subscription_id", "timestamp"}


@pytest.fixture
def ada(account):
    """A member of the segment `payers`."""
    make_segment(account, "payers")
    put_events(account, [{"user_id": "ada", "email": "ada@x.org", "payers": "t"}])
    drain(account)


@pytest.fixture
def queue(installation):
    client = installation.client("sqs")
    return client.create_queue(QueueName="test_lytics_sqs")["QueueUrl"]


@pytest.fixture
def stream(installation):
    client = installation.client("kinesis")
    client.create_stream(StreamName=STREAM, ShardCount=1)
    return client


def to_authorization(page, kind):
    page.goto("/admin/jobs/job/add/")
    for choice in ("Amazon Web Services", kind):
        follow(page.get_by_role("link", name=choice))
        assert_fit_to_use(page)


def with_new_keys(page, keys):
    follow(page.get_by_role("link", name="Create a new authorization"))
    follow(page.get_by_role("link", name="AWS Keys").first)
    page.get_by_label("Label").fill("Our keys")
    page.get_by_label("Access Key").fill(keys.access_key_id)
    page.get_by_label("Secret Key").fill(keys.secret_access_key)
    follow(page.get_by_role("button", name="Save Authorization"))


def assert_in_documented_order(page, labels):
    text = page.locator("main").inner_text()
    places = [text.find(f"\n{label}") for label in labels]
    assert -1 not in places
    assert places == sorted(places)


def describe(page):
    page.get_by_label("Label").fill("To our side")
    page.get_by_label("Description").fill("Whoever pays")
    audiences = page.get_by_role("list", name="Available: Audience")
    audiences.get_by_role("button", name="Add payers").click()


def choose(page, label, value):
    box = page.get_by_role("combobox", name=label)
    box.fill(value)
    page.get_by_role("option", name=value, exact=True).click()


def started(page, account):
    """The subscription of the job that begins now, its backfill sent."""
    page.get_by_label("Existing Users").check()
    page.get_by_role("button", name="Start Export").click()
    expect(page.get_by_role("status").first).to_contain_text("has started")
    assert_fit_to_use(page)
    subscription = lookup.driven_by(Job.objects.for_account(account).get())
    backfill.work(subscription.id)
    send_all(subscription)
    return subscription


def stop_paying(account, subscription):
    put_events(account, [{"user_id": "ada", "payers": "f"}])
    drain(account)
    send_all(subscription)


def assert_told_as_documented(bodies):
    """That Ada entered and left, with every documented key."""
    told = []
    for body in map(orjson.loads, bodies):
        assert body["data"].keys() >= DOCUMENTED
        assert body["meta"].keys() >= OF_META
        (event,) = body["data"]["segment_events"]
        assert event.keys() >= OF_AN_EVENT
        told.append((body["data"]["user_id"], event["event"]))
    assert told == [("ada", "enter"), ("ada", "exit")]


def test_activity_data_is_exported_to_a_queue(
    installation, queue, ada, admin, account, open_page
):
    keys = installation.user(allow(["sqs:SendMessage", "sqs:ListQueues"], "*"))
    page = open_page(admin, NARROW, "dark")
    to_authorization(page, "Export Activity Data (SQS)")
    with_new_keys(page, keys)
    assert_in_documented_order(page, QUEUE_LABELS)
    describe(page)
    page.get_by_label("SQS URL Stream").fill("https://example.com/1/moves")
    page.get_by_role("combobox", name="Region").fill(REGION)
    page.get_by_role("button", name="Add email").first.click()
    page.get_by_role("button", name="Start Export").click()
    expect(page.locator("main")).to_contain_text("must be at AWS")
    assert_fit_to_use(page)
    choose(page, "SQS URL Stream", "test_lytics_sqs")
    subscription = started(page, account)
    assert subscription.config["queue_url"] == queue
    stop_paying(account, subscription)
    received = installation.client("sqs").receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )["Messages"]
    assert_told_as_documented(each["Body"] for each in received)
    for each in received:
        (attribute,) = each["MessageAttributes"].items()
        assert attribute[0] == "email"
        assert attribute[1]["StringValue"] == "ada@x.org"


@pytest.mark.parametrize("way_in", ["keys", "role"])
def test_audience_triggers_are_exported_to_a_stream(
    installation, stream, ada, admin, account, open_page, way_in
):
    page = open_page(admin)
    to_authorization(page, "Export Audience Triggers")
    if way_in == "keys":
        listing = allow("kinesis:ListStreams", "*")
        with_new_keys(page, installation.user(WRITE, listing))
    else:
        follow(page.get_by_role("link", name="Use Delegated Access To Lytics"))
    assert_in_documented_order(page, STREAM_LABELS)
    describe(page)
    choose(page, "Stream Region", REGION)
    choose(page, "Kinesis Stream", STREAM)
    if way_in == "role":
        trusted = trust(installation.arn, external_id=external_id_of(account))
        page.get_by_label("AWS Role ARN").fill(installation.role(trusted, WRITE))
    choose(page, "User Identifier Field", "user_id")
    stop_paying(account, started(page, account))
    (shard,) = stream.list_shards(StreamName=STREAM)["Shards"]
    iterator = stream.get_shard_iterator(
        StreamName=STREAM, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = stream.get_records(ShardIterator=iterator)["Records"]
    assert_told_as_documented(each["Data"] for each in records)
    assert {each["PartitionKey"] for each in records} == {"ada"}

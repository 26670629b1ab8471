"""The Kinesis channel, against a local AWS that enforces IAM."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyticsapp.authorizations.aws.external_ids import external_id_of
from lyticsapp.authorizations.credentials import credentials_of, no_credentials
from lyticsapp.authorizations.step import Outcome as StepOutcome
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.jobs.errors import ChoicesError
from lyticsapp.jobs.workflow import Setup
from subscriptions import aws_verdicts
from subscriptions.channel import Message
from subscriptions.channels import kinesis
from subscriptions.outcome import Delivered, Gone, Transient, Unauthorized
from tests.local_aws import allow, trust

REGION = "us-east-1"
STREAM = "triggers"
WRITE = allow(["kinesis:PutRecord", "kinesis:PutRecords"], "*")


def message(profile_id=7, **data):
    body = orjson.dumps({"data": data})
    return Message(uuid.uuid4(), 12, profile_id, datetime.now(UTC), body)


@pytest.fixture
def stream(installation):
    client = installation.client("kinesis")
    client.create_stream(StreamName=STREAM, ShardCount=2)
    return client


@pytest.fixture
def config():
    return {"region": REGION, "stream": STREAM}


@pytest.fixture
def writer(installation, keys_of):
    return keys_of(installation.user(WRITE))


def sent(messages, config, credentials):
    requests = [kinesis.format(each, config, credentials) for each in messages]
    return kinesis.send(requests, config, credentials)


def records(client):
    """What was put into the stream: partition key and body."""
    found = []
    for shard in client.list_shards(StreamName=STREAM)["Shards"]:
        iterator = client.get_shard_iterator(
            StreamName=STREAM,
            ShardId=shard["ShardId"],
            ShardIteratorType="TRIM_HORIZON",
        )["ShardIterator"]
        found += client.get_records(ShardIterator=iterator)["Records"]
    return {each["PartitionKey"]: each["Data"] for each in found}


def test_many_are_put_in_one_call(stream, config, writer):
    messages = [message(number, user_id=f"u{number}") for number in range(500)]
    outcomes = sent(messages, config, credentials_of(writer))
    assert {type(each.verdict) for each in outcomes} == {Delivered}
    assert {each.status_code for each in outcomes} == {200}
    assert records(stream) == {str(m.profile_id): m.body for m in messages}


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("ada", "ada"),
        (["ada", "eve"], "ada"),
        (5, "5"),
        (None, "7"),
        ("", "7"),
        ([], "7"),
        ({"a": 1}, "7"),
    ],
)
def test_the_partition_key_is_a_field_of_the_user(value, key):
    config = {"identifier_field": "name"}
    request = kinesis.format(message(name=value), config, no_credentials(1))
    assert request["PartitionKey"] == key
    without = kinesis.format(message(), config, no_credentials(1))
    assert without["PartitionKey"] == "7"


@given(st.one_of(st.text(), st.integers(), st.floats(), st.lists(st.text()), st.none()))
def test_a_partition_key_is_one_that_kinesis_takes(value):
    key = kinesis.partition_key(value)
    assert len(key.encode("utf-8", "surrogatepass")) <= kinesis.KEY_BYTES


def test_the_limits_are_those_of_kinesis_with_the_longest_keys():
    limits = kinesis.LIMITS
    assert limits.messages == 500
    assert limits.message_bytes + 256 == 1024**2
    assert limits.total_bytes + 500 * 256 == 5 * 1024**2


def test_only_records_that_failed_have_failed(stream, config, writer, monkeypatch):
    """moto refuses no single record."""
    credentials = credentials_of(writer)
    client = kinesis._session(config, credentials).client(
        "kinesis", REGION, kinesis.QUICK
    )

    def half(**_):
        code = "ProvisionedThroughputExceededException"
        return {
            "ResponseMetadata": {"HTTPStatusCode": 200},
            "FailedRecordCount": 2,
            "Records": [
                {"ShardId": "s", "SequenceNumber": "1"},
                {"ErrorCode": code, "ErrorMessage": "slow"},
                {"ErrorCode": "InternalFailure", "ErrorMessage": "oops"},
            ],
        }

    monkeypatch.setattr(client, "put_records", half)
    outcomes = sent([message(n) for n in range(3)], config, credentials)
    assert [each.verdict.name for each in outcomes] == [
        "delivered",
        "throttled",
        "failed",
    ]
    assert "ProvisionedThroughputExceeded" in outcomes[1].verdict.reason


def test_an_answer_that_was_cut_short_has_told_nothing(
    stream, config, writer, monkeypatch
):
    credentials = credentials_of(writer)
    client = kinesis._session(config, credentials).client(
        "kinesis", REGION, kinesis.QUICK
    )
    cut = {"ResponseMetadata": {"HTTPStatusCode": 200}, "message": b'{"FailedRec'}
    monkeypatch.setattr(client, "put_records", lambda **_: cut)
    outcomes = sent([message(n) for n in range(2)], config, credentials)
    assert [each.verdict for each in outcomes] == [aws_verdicts.UNTOLD] * 2


def test_a_role_is_assumed_with_the_external_id_of_the_account(
    stream, config, installation, account
):
    trusted = trust(installation.arn, external_id=external_id_of(account))
    config["role_arn"] = installation.role(trusted, WRITE)
    (outcome,) = sent([message()], config, no_credentials(account.pk))
    assert isinstance(outcome.verdict, Delivered)

    installation.expire_sessions()
    (outcome,) = sent([message()], config, no_credentials(account.pk))
    assert isinstance(outcome.verdict, Delivered)

    other = trust(installation.arn, external_id="another")
    config["role_arn"] = installation.role(other, WRITE)
    (outcome,) = sent([message()], config, no_credentials(account.pk))
    assert isinstance(outcome.verdict, Unauthorized)


def test_keys_assume_the_role_that_is_named(
    stream, config, installation, account, keys_of
):
    role = installation.role(trust(f"arn:aws:iam::{installation.account}:root"), WRITE)
    config["role_arn"] = role
    may_assume = keys_of(installation.user(allow("sts:AssumeRole", role)))
    (outcome,) = sent([message()], config, credentials_of(may_assume))
    assert isinstance(outcome.verdict, Delivered)
    may_not = keys_of(installation.user(WRITE))
    (outcome,) = sent([message()], config, credentials_of(may_not))
    assert isinstance(outcome.verdict, Unauthorized)


def test_what_refuses_all_of_it_is_told_apart(stream, config, installation, keys_of):
    denied = credentials_of(keys_of(installation.user()))
    (outcome,) = sent([message()], config, denied)
    assert isinstance(outcome.verdict, Unauthorized)
    assert "kinesis:PutRecords" in outcome.verdict.reason
    writer = credentials_of(keys_of(installation.user(WRITE)))
    (outcome,) = sent([message()], {**config, "stream": "other"}, writer)
    assert isinstance(outcome.verdict, Gone)


def test_nobody_there_is_a_failure(config, installation, writer, settings):
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    (outcome,) = sent([message()], config, credentials_of(writer))
    assert isinstance(outcome.verdict, Transient)
    assert "could not be reached" in outcome.verdict.reason


def test_without_an_authorization_there_has_to_be_a_role(account, config):
    with pytest.raises(InvalidSettingError, match="role_arn: is required"):
        kinesis.check(Setup(account, None, config))
    arn = "arn:aws:iam::444444444444:role/Lytics"
    kinesis.check(Setup(account, None, {**config, "role_arn": arn}))


def test_the_connection_test_puts_nothing_and_names_what_is_missing(
    stream, config, installation, account, keys_of, writer
):
    setup = Setup(account, writer, config)
    (step,) = kinesis.test_steps(setup)
    assert step.run(setup.credentials).outcome is StepOutcome.PASSED
    assert records(stream) == {}
    denied = step.run(credentials_of(keys_of(installation.user())))
    assert denied.outcome is StepOutcome.FAILED
    assert denied.missing == "kinesis:PutRecord"
    (step,) = kinesis.test_steps(Setup(account, writer, {**config, "stream": "no"}))
    assert "There is no arn:aws:kinesis" in step.run(setup.credentials).text


def test_streams_are_chosen_a_page_at_a_time(installation, account, writer, keys_of):
    client = installation.client("kinesis")
    for number in range(3):
        client.create_stream(StreamName=f"stream-{number}", ShardCount=1)
    reader = keys_of(installation.user(allow("kinesis:ListStreams", "*")))
    (region, stream) = kinesis.SETTINGS[:2]
    setup = Setup(account, reader, {"region": REGION})
    page = stream.source(setup, "", "")
    assert [each.value for each in page.choices] == ["stream-0", "stream-1", "stream-2"]
    found = stream.source(setup, "m-1", "")
    assert [each.value for each in found.choices] == ["stream-1"]
    assert REGION in [each.value for each in region.source(setup, "", "").choices]
    with pytest.raises(ChoicesError, match="permission"):
        stream.source(Setup(account, writer, {"region": REGION}), "", "")

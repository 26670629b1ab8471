"""Puts each message as a record into an Amazon Kinesis data stream.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from lyticsapp.authorizations.aws.session import QUICK, Session
from lyticsapp.authorizations.aws.sessions import session_as, session_of
from lyticsapp.authorizations.aws.steps import writes_to_stream
from lyticsapp.authorizations.credentials import Credentials
from lyticsapp.authorizations.step import Steps
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.jobs.aws_choices import REGION, REGION_HELP, regions_of, streams
from lyticsapp.jobs.workflow import DELEGATED, Field, Setup
from subscriptions import aws_verdicts, choices
from subscriptions.channel import Limits, Message
from subscriptions.outcome import Delivered, Outcome, Try, Verdict

TITLE = "Amazon Kinesis"
WORKFLOW = "aws_kinesis_triggers"
PROVIDER = "aws"
JOB_TITLE = "Export Audience Triggers"
METHODS = ("keys", "role")
WITHOUT = DELEGATED
AUDIENCES = "Audiences"

# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html
STREAM_NAME = r"[a-zA-Z0-9_.-]{1,128}"
ROLE_ARN = r"arn:aws[a-z-]*:iam::\d+:role/[\w+=,.@/-]+"

SETTINGS = (
    Field(
        name="region",
        label="Stream Region",
        help="The AWS region of the Kinesis stream, such as us-east-1.",
        required=True,
        pattern=REGION,
        pattern_help=REGION_HELP,
        source=regions_of("kinesis"),
    ),
    Field(
        name="stream",
        label="Kinesis Stream",
        help="The stream that the events are published to.",
        required=True,
        pattern=STREAM_NAME,
        pattern_help=(
            "must be 1 to 128 letters, digits, underscores, periods and dashes."
        ),
        source=streams,
        source_after=("region",),
    ),
    Field(
        name="role_arn",
        label="AWS Role ARN",
        help="The role that is assumed to write to the stream, where access is "
        "delegated.",
        pattern=ROLE_ARN,
        pattern_help="must be the ARN of a role: arn:aws:iam::123456789012:role/name.",
    ),
    Field(
        name="identifier_field",
        label="User Identifier Field",
        help="The user field whose value is the Kinesis partition key; the user's id "
        "where it has none.",
        source=choices.user_fields,
    ),
)

MIB = 1_048_576
KEY_BYTES = 256
MOST_RECORDS = 500
LIMITS = Limits(
    messages=MOST_RECORDS,
    message_bytes=MIB - KEY_BYTES,
    total_bytes=5 * MIB - MOST_RECORDS * KEY_BYTES,
)

Record = Mapping[str, Any]


def check(setup: Setup) -> None:
    """Refuse a job that nobody lets in."""
    if setup.authorization is None and not setup.config.get("role_arn"):
        raise InvalidSettingError(
            "role_arn", "is required where there is no authorization."
        )


def test_steps(setup: Setup) -> Steps:
    """Whether records can be put into the stream."""
    region, stream = setup.config["region"], setup.config["stream"]
    return (
        writes_to_stream(
            region, stream, lambda credentials: _session(setup.config, credentials)
        ),
    )


def format(
    message: Message, config: Mapping[str, Any], credentials: Credentials
) -> Record:
    """The record of a message."""
    field = config.get("identifier_field")
    value = message.content["data"].get(field) if field else None
    return {
        "Data": message.body,
        "PartitionKey": partition_key(value) or str(message.profile_id),
    }


def partition_key(value: Any) -> str:
    """The key that a user field's value makes; empty where it makes none."""
    if isinstance(value, list):
        value = value[0] if value else None
    if value is None or isinstance(value, dict):
        return ""
    key = value if isinstance(value, str) else str(value)
    encoded = key.encode()
    if len(encoded) > KEY_BYTES:
        return hashlib.sha256(encoded).hexdigest()
    return key


def send(
    requests: Sequence[Record], config: Mapping[str, Any], credentials: Credentials
) -> list[Outcome]:
    """Put all in one call; each record has an outcome of its own."""
    tried = Try()
    try:
        kinesis = _session(config, credentials).client(
            "kinesis", config["region"], QUICK
        )
        answer = kinesis.put_records(StreamName=config["stream"], Records=requests)
    except aws_verdicts.FAILURES as error:
        failed = tried.outcome(
            aws_verdicts.of_error(error), aws_verdicts.status_of(error)
        )
        return [failed for _ in requests]
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    records = answer.get("Records") or [{} for _ in requests]
    return [tried.outcome(*_of_record(each, status)) for each in records]


def _of_record(record: Record, status: int) -> tuple[Verdict, int, str]:
    if "SequenceNumber" in record:
        return Delivered(), status, f"{record['ShardId']} {record['SequenceNumber']}"
    if "ErrorCode" in record:
        message = record.get("ErrorMessage", "")
        return aws_verdicts.of_code(record["ErrorCode"], message), status, ""
    return aws_verdicts.UNTOLD, status, ""


def _session(config: Mapping[str, Any], credentials: Credentials) -> Session:
    role_arn = config.get("role_arn")
    return session_as(role_arn, credentials) if role_arn else session_of(credentials)

"""Sends each message to an Amazon SQS queue.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from lyticsapp.authorizations.aws.session import QUICK
from lyticsapp.authorizations.aws.sessions import session_of
from lyticsapp.authorizations.aws.steps import sends_to_queue
from lyticsapp.authorizations.credentials import Credentials
from lyticsapp.authorizations.step import Steps
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.declaration.settings import Kind
from lyticsapp.jobs.aws_choices import REGION, REGION_HELP, queues, regions_of
from lyticsapp.jobs.workflow import Field, Setup
from subscriptions import aws_verdicts, choices
from subscriptions.channel import Limits, Message
from subscriptions.outcome import Delivered, Outcome, Try, Verdict

TITLE = "Amazon SQS"
WORKFLOW = "aws_sqs_triggers"
PROVIDER = "aws"
JOB_TITLE = "Export Activity Data (SQS)"
METHODS = ("keys", "role")
WITHOUT = None
AUDIENCES = "Audience(s)"

# https://docs.aws.amazon.com/general/latest/gr/sqs-service.html; the forms with
# `queue` are those of before 2012, and still valid.
AWS = r"(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|api\.aws)"
HOSTS = (
    rf"sqs(?:-fips)?\.({REGION})\.{AWS}",
    rf"({REGION})\.queue\.{AWS}",
    rf"[a-z0-9-]+\.sqs\.({REGION})\.vpce\.{AWS}",
    rf"()queue\.{AWS}",
)
PATH = r"/(\d{1,12})/([A-Za-z0-9_-]{1,80}(?:\.fifo)?)"
FIFO = ".fifo"

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
MOST_ATTRIBUTES = 10
ATTRIBUTE_NAME = r"(?!aws\.|amazon\.)[a-z0-9_-](?:\.?[a-z0-9_-])*"
NAME_BYTES = 256
VALUE_BYTES = 1_024
"""Of an attribute; ours, so that a message has room for its attributes."""
LARGEST_NUMBER = 1e126
SMALLEST_NUMBER = 1e-128
TAKEN = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
"""The characters that SQS takes."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue, as its URL names it."""

    region: str
    """Empty where the URL names none."""
    account: str
    name: str


def queue_of(url: str) -> Queue:
    """The queue of a URL, in any form that AWS has given out; raises ValueError."""
    parts = urlsplit(url)
    path = re.fullmatch(PATH, parts.path)
    if parts.query or parts.fragment or path is None:
        raise ValueError(
            "must be the URL of a queue, such as "
            "https://sqs.us-east-1.amazonaws.com/123456789012/name."
        )
    return Queue(_region_of(parts.scheme, parts.netloc.lower()), *path.groups())


def _region_of(scheme: str, host: str) -> str:
    ours = urlsplit(settings.AWS_ENDPOINT_URL)
    if ours.netloc and (scheme, host) == (ours.scheme, ours.netloc.lower()):
        return ""
    for form in HOSTS:
        named = re.fullmatch(form, host)
        if scheme == "https" and named is not None:
            return named[1]
    raise ValueError(f"must be at AWS by https, and {scheme}://{host} is not.")


def _check_url(url: str) -> None:
    queue_of(url)


def _check_attributes(names: Sequence[str]) -> None:
    if len(names) > MOST_ATTRIBUTES:
        raise ValueError(f"SQS takes {MOST_ATTRIBUTES} message attributes at most.")
    for name in names:
        fits = re.fullmatch(ATTRIBUTE_NAME, name, re.IGNORECASE)
        if fits is None or len(name) > NAME_BYTES:
            raise ValueError(
                f"SQS takes no attribute of the name {name}: it is of letters, digits, "
                f"underscores, dashes and single periods, {NAME_BYTES} at most."
            )


SETTINGS = (
    Field(
        name="queue_url",
        label="SQS URL Stream",
        help="The URL of the queue, such as "
        "https://us-east-2.queue.amazonaws.com/123456789012/name.",
        required=True,
        check=_check_url,
        source=queues,
        source_after=("region",),
    ),
    Field(
        name="region",
        label="Region",
        help="The AWS region that the queue is in, such as us-east-2.",
        required=True,
        pattern=REGION,
        pattern_help=REGION_HELP,
        source=regions_of("sqs"),
    ),
    Field(
        name="user_attributes",
        label="Event/User Attributes",
        help="The user fields to send as SQS message attributes, 10 at most. A field "
        "that a user lacks, or that is a list or an object, is left out.",
        kind=Kind.LIST,
        check=_check_attributes,
        source=choices.user_fields,
    ),
)

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
MIB = 1_048_576
MOST_MESSAGES = 10
ATTRIBUTES_BYTES = MOST_ATTRIBUTES * (NAME_BYTES + len("String") + VALUE_BYTES)
# Half of what is taken, as a character that `_body` escapes gets twice its size: so
# SQS refuses a call for its size only where one message is alone in it.
LIMITS = Limits(
    messages=MOST_MESSAGES,
    message_bytes=MIB - ATTRIBUTES_BYTES,
    total_bytes=(MIB - MOST_MESSAGES * ATTRIBUTES_BYTES) // 2,
)

Entry = Mapping[str, Any]


def check(setup: Setup) -> None:
    """Refuse a region that is not the queue's."""
    named = queue_of(setup.config["queue_url"]).region
    if named not in ("", setup.config["region"]):
        raise InvalidSettingError("region", f"must be that of the queue, {named}.")


def test_steps(setup: Setup) -> Steps:
    """Whether messages can be sent to the queue."""
    queue = queue_of(setup.config["queue_url"])
    return (sends_to_queue(setup.config["region"], queue.account, queue.name),)


def format(
    message: Message, config: Mapping[str, Any], credentials: Credentials
) -> Entry:
    """The entry of a message in a batch."""
    entry: dict[str, Any] = {"Id": str(message.id), "MessageBody": _body(message)}
    names = config.get("user_attributes", ())
    if names:
        entry["MessageAttributes"] = _attributes(message.content["data"], names)
    if config["queue_url"].endswith(FIFO):
        entry["MessageGroupId"] = str(message.profile_id)
        entry["MessageDeduplicationId"] = deduplication_id(message)
    return entry


def deduplication_id(message: Message) -> str:
    """By this a FIFO queue knows a message again; a replay is to arrive once more."""
    return f"{message.id}-{message.replay}" if message.replay else str(message.id)


def _body(message: Message) -> str:
    """The same JSON, in the characters that SQS takes."""
    text = message.body.decode()
    return text.replace("\ufffe", r"\ufffe").replace("\uffff", r"\uffff")


def _attributes(
    data: Mapping[str, Any], names: Sequence[str]
) -> dict[str, Mapping[str, str]]:
    found = {name: attribute(data.get(name)) for name in names}
    return {name: each for name, each in found.items() if each is not None}


def attribute(value: Any) -> Mapping[str, str] | None:
    """A field's value as a message attribute; None where it makes none."""
    if isinstance(value, bool):
        return {"DataType": "String", "StringValue": str(value).lower()}
    if isinstance(value, int | float):
        fits = value == 0 or SMALLEST_NUMBER <= abs(value) <= LARGEST_NUMBER
        return {"DataType": "Number", "StringValue": str(value)} if fits else None
    if not isinstance(value, str) or not value or not TAKEN.fullmatch(value):
        return None
    if len(value.encode()) > VALUE_BYTES:
        return None
    return {"DataType": "String", "StringValue": value}


def send(
    requests: Sequence[Entry], config: Mapping[str, Any], credentials: Credentials
) -> list[Outcome]:
    """Send all in one call; each message has an outcome of its own."""
    tried = Try()
    try:
        sqs = session_of(credentials).client("sqs", config["region"], QUICK)
        address = f"{sqs.meta.endpoint_url}{urlsplit(config['queue_url']).path}"
        answer = sqs.send_message_batch(QueueUrl=address, Entries=requests)
    except aws_verdicts.FAILURES as error:
        failed = tried.outcome(
            aws_verdicts.of_error(error), aws_verdicts.status_of(error)
        )
        return [failed for _ in requests]
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    answered = {
        each["Id"]: each
        for each in (*answer.get("Successful", ()), *answer.get("Failed", ()))
    }
    return [
        tried.outcome(*_of_entry(answered.get(request["Id"], {}), status))
        for request in requests
    ]


def _of_entry(entry: Entry, status: int) -> tuple[Verdict, int, str]:
    if "MessageId" in entry:
        return Delivered(), status, entry["MessageId"]
    if "Code" in entry:
        verdict = aws_verdicts.of_code(entry["Code"], entry.get("Message", ""))
        return verdict, status, ""
    return aws_verdicts.UNTOLD, status, ""

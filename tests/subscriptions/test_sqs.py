"""The SQS channel, against a local AWS that enforces IAM."""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyticsapp.authorizations.credentials import credentials_of, no_credentials
from lyticsapp.authorizations.step import Outcome as StepOutcome
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.declaration.settings import validate
from lyticsapp.jobs import aws_choices
from lyticsapp.jobs.errors import ChoicesError
from lyticsapp.jobs.workflow import Setup
from subscriptions.channel import Message
from subscriptions.channels import sqs
from subscriptions.outcome import Gone, Permanent, Transient, Unauthorized
from tests.local_aws import allow

REGION = "us-east-1"
ACCOUNT = "123456789012"
MODERN = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/moves"
SEND = allow("sqs:SendMessage", "*")


def message(profile_id=7, replay=0, **data):
    body = orjson.dumps({"data": data})
    return Message(uuid.uuid4(), 12, profile_id, datetime.now(UTC), body, replay)


@pytest.fixture
def queues(installation):
    """Makes a queue, and answers with its URL."""
    client = installation.client("sqs")

    def make(name="moves", **attributes):
        made = client.create_queue(QueueName=name, Attributes=attributes)
        return made["QueueUrl"]

    return make


@pytest.fixture
def received(installation):
    """What is in a queue, in order; it stays there."""
    client = installation.client("sqs")

    def received(url):
        found = []
        while True:
            answer = client.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
                AttributeNames=["All"],
            )
            if not answer.get("Messages"):
                return found
            found += answer["Messages"]

    return received


@pytest.fixture
def sender(installation, keys_of):
    return keys_of(installation.user(SEND))


def config_of(url, **more):
    return {"queue_url": url, "region": REGION, **more}


def sent(messages, config, credentials):
    requests = [sqs.format(each, config, credentials) for each in messages]
    return sqs.send(requests, config, credentials)


def names(outcomes):
    return [each.verdict.name for each in outcomes]


def test_ten_are_sent_in_one_call(queues, received, sender):
    url = queues()
    messages = [message(number, user_id=f"u{number}") for number in range(10)]
    outcomes = sent(messages, config_of(url), credentials_of(sender))
    assert names(outcomes) == ["delivered"] * 10
    assert {each.status_code for each in outcomes} == {200}
    found = received(url)
    assert [each["Body"].encode() for each in found] == [m.body for m in messages]
    assert [each["MessageId"] for each in found] == [each.answer for each in outcomes]


@pytest.mark.parametrize(
    "url",
    [
        MODERN,
        f"https://{REGION}.queue.amazonaws.com/{ACCOUNT}/moves",
        f"https://queue.amazonaws.com/{ACCOUNT}/moves",
        f"https://vpce-0a1b-2c3d.sqs.{REGION}.vpce.amazonaws.com/{ACCOUNT}/moves",
    ],
)
def test_every_form_of_the_url_leads_to_the_queue(url, queues, received, sender):
    there = queues()
    outcomes = sent([message(name="ada")], config_of(url), credentials_of(sender))
    assert names(outcomes) == ["delivered"]
    assert len(received(there)) == 1


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("sqs.us-east-2.amazonaws.com", "us-east-2"),
        ("SQS.us-east-2.amazonaws.com", "us-east-2"),
        ("sqs-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("sqs.us-gov-east-1.amazonaws.com", "us-gov-east-1"),
        ("sqs.eu-west-1.api.aws", "eu-west-1"),
        ("us-east-2.queue.amazonaws.com", "us-east-2"),
        ("queue.amazonaws.com", ""),
        ("sqs.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("cn-north-1.queue.amazonaws.com.cn", "cn-north-1"),
        ("vpce-0a-1b-us-east-1a.sqs.us-east-1.vpce.amazonaws.com", "us-east-1"),
    ],
)
def test_a_url_names_the_region_and_the_queue(host, region):
    found = sqs.queue_of(f"https://{host}/111111111/test_lytics_sqs")
    assert found == sqs.Queue(region, "111111111", "test_lytics_sqs")


def test_a_queue_may_be_where_the_operator_says_that_aws_is(settings):
    url = f"http://127.0.0.1:4566/{ACCOUNT}/moves.fifo"
    with pytest.raises(ValueError, match="must be at AWS"):
        sqs.queue_of(url)
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:4566"
    assert sqs.queue_of(url).name == "moves.fifo"


@pytest.mark.parametrize(
    "url",
    [
        f"https://example.com/{ACCOUNT}/moves",
        f"https://sqs.us-east-1.amazonaws.com.evil.example/{ACCOUNT}/moves",
        f"https://sqs.us-east-1.amazonaws.com@evil.example/{ACCOUNT}/moves",
        f"https://evil.example#.queue.amazonaws.com/{ACCOUNT}/moves",
        f"http://sqs.us-east-1.amazonaws.com/{ACCOUNT}/moves",
        f"https://127.0.0.1/{ACCOUNT}/moves",
        "https://sqs.us-east-1.amazonaws.com/moves",
        f"{MODERN}?x=1",
        f"{MODERN}/more",
        f"{MODERN}.fif0",
        "moves",
        "",
    ],
)
def test_any_other_url_is_refused(url):
    with pytest.raises(InvalidSettingError, match="queue_url"):
        validate(sqs.SETTINGS, config_of(url))


def test_the_region_has_to_be_that_of_the_queue(account, sender):
    sqs.check(Setup(account, sender, config_of(MODERN)))
    sqs.check(Setup(account, sender, config_of("https://queue.amazonaws.com/1/q")))
    wrong = {**config_of(MODERN), "region": "us-east-2"}
    with pytest.raises(InvalidSettingError, match=r"region: must be.*us-east-1"):
        sqs.check(Setup(account, sender, wrong))


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ([f"f{number}" for number in range(11)], "10 message attributes at most"),
        (["first name"], "no attribute of the name first name"),
        (["aws.id"], "no attribute of the name"),
        (["AWS.id"], "no attribute of the name"),
        ([".a"], "no attribute of the name"),
        (["a."], "no attribute of the name"),
        (["a..b"], "no attribute of the name"),
        (["a" * 257], "256 at most"),
        ("email", "must be an array"),
    ],
)
def test_attributes_are_those_that_sqs_takes(given, wrong):
    with pytest.raises(InvalidSettingError, match=wrong):
        validate(sqs.SETTINGS, config_of(MODERN, user_attributes=given))


def test_the_documented_settings_are_taken():
    documented = {
        "queue_url": "https://us-east-2.queue.amazonaws.com/111111111/test_lytics_sqs",
        "region": "us-east-2",
        "user_attributes": ["email", "_created", "a.b", "awsome"],
    }
    assert validate(sqs.SETTINGS, documented).config == documented
    assert [each.label for each in sqs.SETTINGS] == [
        "SQS URL Stream",
        "Region",
        "Event/User Attributes",
    ]


def test_chosen_fields_are_message_attributes(queues, received, sender):
    url = queues()
    data = {
        "email": "ada@example.com",
        "age": 36,
        "score": 0.5,
        "paying": True,
        "empty": "",
        "none": None,
        "tags": ["a"],
        "place": {"x": 1},
    }
    config = config_of(url, user_attributes=[*data, "absent"])
    sent([message(**data)], config, credentials_of(sender))
    ((found,)) = received(url)
    kinds = {
        name: (each["DataType"], each["StringValue"])
        for name, each in found["MessageAttributes"].items()
    }
    assert kinds == {
        "email": ("String", "ada@example.com"),
        "age": ("Number", "36"),
        "score": ("Number", "0.5"),
        "paying": ("String", "true"),
    }


@pytest.mark.parametrize(
    "value", ["\ufffe", "a\0", "\x1f", "x" * 1025, "é" * 513, 1e127, 1e-129]
)
def test_a_value_that_sqs_would_refuse_is_left_out(value):
    assert sqs.attribute(value) is None


@given(st.text())
def test_a_body_is_the_same_json_in_characters_that_sqs_takes(text):
    text += "\ufffe\uffff\n"
    sample = message(name=text)
    body = sqs.format(sample, config_of(MODERN), no_credentials(1))["MessageBody"]
    assert sqs.TAKEN.fullmatch(body)
    assert json.loads(body) == {"data": {"name": text}}


def test_of_a_fifo_queue_each_user_is_a_group(queues, received, sender):
    url = queues("moves.fifo", FifoQueue="true")
    first, second = message(7, n=1), message(8, n=2)
    replayed = Message(first.id, 13, 7, first.created_at, first.body, replay=3)
    credentials = credentials_of(sender)
    assert (
        names(sent([first, second], config_of(url), credentials)) == ["delivered"] * 2
    )
    sent([first], config_of(url), credentials)
    sent([replayed], config_of(url), credentials)
    found = [each["Attributes"] for each in received(url)]
    assert sorted(
        (each["MessageGroupId"], each["MessageDeduplicationId"]) for each in found
    ) == sorted(
        [
            ("7", str(first.id)),
            ("8", str(second.id)),
            ("7", f"{first.id}-3"),
        ]
    )


def test_a_message_has_room_for_the_longest_attributes():
    name, value = "n" * sqs.NAME_BYTES, "v" * sqs.VALUE_BYTES
    longest = len(name) + len(value) + len("String")
    assert sqs.LIMITS.messages == 10
    assert sqs.LIMITS.message_bytes + 10 * longest == 1024**2
    assert 2 * sqs.LIMITS.total_bytes + 100 * longest <= 1024**2


def test_only_messages_that_failed_have_failed(queues, sender, monkeypatch):
    """moto refuses no single message for these reasons."""
    config, credentials = config_of(queues()), credentials_of(sender)
    client = sqs.session_of(credentials).client("sqs", REGION, sqs.QUICK)
    messages = [message(number) for number in range(5)]
    ids = [str(each.id) for each in messages]

    def failed(number, code, *, sender_fault):
        return {
            "Id": ids[number],
            "Code": code,
            "Message": "why",
            "SenderFault": sender_fault,
        }

    def some(**_):
        return {
            "ResponseMetadata": {"HTTPStatusCode": 200},
            "Successful": [{"Id": ids[2], "MessageId": "m"}],
            "Failed": [
                failed(3, "InvalidMessageContents", sender_fault=True),
                failed(0, "InternalError", sender_fault=False),
                failed(1, "KmsThrottled", sender_fault=True),
            ],
        }

    monkeypatch.setattr(client, "send_message_batch", some)
    outcomes = sent(messages, config, credentials)
    assert names(outcomes) == ["failed", "throttled", "delivered", "refused", "failed"]
    assert "InvalidMessageContents: why" in outcomes[3].verdict.reason
    assert "not told" in outcomes[4].verdict.reason


def test_what_refuses_all_of_it_is_told_apart(queues, installation, keys_of, sender):
    url = queues()
    denied = credentials_of(keys_of(installation.user()))
    (outcome,) = sent([message()], config_of(url), denied)
    assert isinstance(outcome.verdict, Unauthorized)
    assert re.search("sqs:sendmessage", outcome.verdict.reason, re.IGNORECASE)
    (outcome,) = sent([message()], config_of(f"{url}-no"), credentials_of(sender))
    assert isinstance(outcome.verdict, Gone)
    too_long = message(name="x" * sqs.MIB)
    (outcome,) = sent([too_long], config_of(url), credentials_of(sender))
    assert isinstance(outcome.verdict, Permanent)


def test_nobody_there_is_a_failure(queues, sender, settings):
    config = config_of(queues())
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    (outcome,) = sent([message()], config, credentials_of(sender))
    assert isinstance(outcome.verdict, Transient)
    assert "could not be reached" in outcome.verdict.reason


@pytest.mark.parametrize(
    ("name", "attributes"), [("moves", {}), ("moves.fifo", {"FifoQueue": "true"})]
)
def test_the_connection_test_sends_nothing_and_names_what_is_missing(
    name, attributes, queues, received, installation, account, keys_of, sender
):
    url = queues(name, **attributes)
    setup = Setup(account, sender, config_of(url))
    (step,) = sqs.test_steps(setup)
    assert step.run(setup.credentials).outcome is StepOutcome.PASSED
    assert received(url) == []
    denied = step.run(credentials_of(keys_of(installation.user())))
    assert denied.outcome is StepOutcome.FAILED
    assert denied.missing == "sqs:SendMessage"
    (statement,) = denied.policy["Statement"]
    assert statement["Resource"] == [f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"]
    mended = keys_of(installation.user(denied.policy))
    assert step.run(credentials_of(mended)).outcome is StepOutcome.PASSED
    gone = Setup(account, sender, config_of(url.replace("moves", "no")))
    (step,) = sqs.test_steps(gone)
    assert "There is no arn:aws:sqs" in step.run(setup.credentials).text


def test_queues_are_chosen_by_name(queues, installation, account, sender, keys_of):
    for number in range(3):
        queues(f"queue-{number}")
    reader = keys_of(installation.user(allow("sqs:ListQueues", "*")))
    queue_url, region = sqs.SETTINGS[:2]
    setup = Setup(account, reader, {"region": REGION})
    page = queue_url.source(setup, "", "")
    assert [each.label for each in page.choices] == ["queue-0", "queue-1", "queue-2"]
    assert sqs.queue_of(page.choices[0].value).name == "queue-0"
    found = queue_url.source(setup, "e-1", "")
    assert [each.label for each in found.choices] == ["queue-1"]
    assert REGION in [each.value for each in region.source(setup, "", "").choices]
    with pytest.raises(ChoicesError, match="permission"):
        queue_url.source(Setup(account, sender, {"region": REGION}), "", "")


def test_queues_are_chosen_a_page_at_a_time(
    queues, installation, account, keys_of, monkeypatch
):
    for number in range(5):
        queues(f"queue-{number}")
    monkeypatch.setattr(aws_choices, "PAGE", 2)
    reader = keys_of(installation.user(allow("sqs:ListQueues", "*")))
    setup = Setup(account, reader, {"region": REGION})
    first = aws_choices.queues(setup, "", "")
    second = aws_choices.queues(setup, "", first.next)
    last = aws_choices.queues(setup, "", second.next)
    found = [*first.choices, *second.choices, *last.choices]
    assert [each.label for each in found] == [f"queue-{n}" for n in range(5)]
    assert (len(first.choices), last.next) == (2, "")
    (only,) = aws_choices.queues(setup, "e-4", "").choices
    assert only.label == "queue-4"

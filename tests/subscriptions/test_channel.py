"""Channels are found by their files, and a wrong one stops start-up."""

from __future__ import annotations

from types import ModuleType

import pytest

from lyticsapp.declaration.errors import FileLacksPartError, InvalidSettingError
from lyticsapp.declaration.settings import validate
from subscriptions import channel
from subscriptions.channels import kinesis, webhook
from subscriptions.errors import UnknownChannelError


def test_each_file_is_a_channel():
    found = channel.registry()
    assert found["webhook"].workflow == "webhook_triggers"
    assert found["kinesis"].limits({}).messages == 500
    assert found["eventhub"].job_title == "Export Audiences (Event Hub)"


@pytest.mark.parametrize("attribute", ["TITLE", "SETTINGS", "LIMITS", "send"])
def test_a_file_that_lacks_a_part_is_refused(attribute):
    module = ModuleType("half")
    for name in channel.DECLARED:
        if name != attribute:
            setattr(module, name, getattr(webhook, name))
    with pytest.raises(FileLacksPartError, match=f"half lacks {attribute}"):
        channel.declared("half", module)


@pytest.mark.parametrize("key", ["pubsub", "", "Webhook", "../x"])
def test_an_unknown_channel_is_refused_with_those_there_are(key):
    with pytest.raises(
        UnknownChannelError, match=r"not offered.*eventhub, kinesis, sqs"
    ):
        channel.get(key)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"stream": "s"}, "region: is required"),
        ({"region": "us-east-1"}, "stream: is required"),
        ({"region": "moon", "stream": "s"}, "must be an AWS region"),
        ({"region": "us-east-1", "stream": "a b"}, "1 to 128 letters"),
        ({"region": "us-east-1", "stream": "s", "role_arn": "x"}, "ARN of a role"),
    ],
)
def test_kinesis_settings_are_checked(given, wrong):
    with pytest.raises(InvalidSettingError, match=wrong):
        validate(kinesis.SETTINGS, given)


def test_the_documented_kinesis_settings_are_taken():
    documented = {
        "stream": "lytics_triggers_stream",
        "region": "us-east-1",
        "identifier_field": "user_id",
        "role_arn": "arn:aws:iam::4444444444444:role/LyticsWriteToKinesis",
    }
    assert validate(kinesis.SETTINGS, documented).config == documented

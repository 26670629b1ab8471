"""Calls of all services but S3: the action one needs, and the ARN it is about."""

from __future__ import annotations

import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.kinesis.utils import decompose_shard_iterator

from lyticsapp.local.cloud.aws.message import Message

# Their entries are allowed one by one under the name of the single call.
BATCHES = {
    "SendMessageBatch": "SendMessage",
    "DeleteMessageBatch": "DeleteMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
}
# Of IAM: the parameter that names what a call is about, the most particular first.
IAM_PARAMETERS = {
    "RoleName": "role/",
    "GroupName": "group/",
    "UserName": "user/",
    "PolicyArn": "",
    "PolicyName": "policy/",
}
Parameters = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a call is made: the region it was signed for and the caller's account."""

    service: str
    region: str
    account: str

    def arn(self, resource: str, *, account: str = "") -> str:
        owner = account or self.account
        return f"arn:aws:{self.service}:{self.region}:{owner}:{resource}"


def action(message: Message, place: Place) -> tuple[str, str]:
    """The action, and the ARN of the resource or `*` where it is about none."""
    given = message.parameters
    operation = message.target or str(given.get("Action", "Unknown"))
    operation = BATCHES.get(operation, operation)
    find = RESOURCES.get(place.service)
    # Queries of SQS may go to the address of the queue instead of naming it.
    resource = find({"QueueUrl": message.path} | given, place) if find else "*"
    return f"{place.service}:{operation}", resource


def _queue(given: Parameters, place: Place) -> str:
    if "QueueName" in given:
        owner = str(given.get("QueueOwnerAWSAccountId", ""))
        return place.arn(str(given["QueueName"]), account=owner)
    address = str(given["QueueUrl"]).rstrip("/").split("/")
    if len(address) >= 2 and address[-2].isdigit():
        return place.arn(address[-1], account=address[-2])
    return str(given.get("SourceArn") or place.arn(""))


def _stream(given: Parameters, place: Place) -> str:
    for name in ("ConsumerARN", "StreamARN", "ResourceARN"):
        if given.get(name):
            return str(given[name])
    stream = given.get("StreamName") or _stream_of(str(given.get("ShardIterator", "")))
    return place.arn(f"stream/{stream}") if stream else "*"


def _stream_of(iterator: str) -> str:
    try:
        return decompose_shard_iterator(iterator)[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _identity(given: Parameters, place: Place) -> str:
    named = next((name for name in IAM_PARAMETERS if given.get(name)), None)
    if named is None:
        return "*"
    value, kind = str(given[named]), IAM_PARAMETERS[named]
    return f"arn:aws:iam::{place.account}:{kind}{value}" if kind else value


def _role(given: Parameters, place: Place) -> str:
    return str(given.get("RoleArn") or "*")


def _key(given: Parameters, place: Place) -> str:
    name = str(given.get("KeyId") or "*")
    if name == "*" or name.startswith("arn:"):
        return name
    return place.arn(name if name.startswith("alias/") else f"key/{name}")


RESOURCES: dict[str, Callable[[Parameters, Place], str]] = {
    "sqs": _queue,
    "kinesis": _stream,
    "iam": _identity,
    "sts": _role,
    "kms": _key,
}

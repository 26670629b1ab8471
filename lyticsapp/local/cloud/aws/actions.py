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
    "PolicyArn": "",
    "RoleName": "role/",
    "UserName": "user/",
    "GroupName": "group/",
    "PolicyName": "policy/",
}
ATTACHMENTS = ("Attach", "Detach")


@dataclass(frozen=True)
class Place:
    """Where a call is made: the region it was signed for and the caller's account."""

    service: str
    region: str
    account: str

    def arn(self, resource: str, *, account: str = "", service: str = "") -> str:
        return (
            f"arn:aws:{service or self.service}:{self.region}"
            f":{account or self.account}:{resource}"
        )


def action(message: Message, place: Place) -> tuple[str, str]:
    """The action, and the ARN of the resource or `*` where it is about none."""
    operation = message.target or str(message.parameters.get("Action", "Unknown"))
    operation = BATCHES.get(operation, operation)
    resource = RESOURCES.get(place.service, _any)
    return (
        f"{place.service}:{operation}",
        resource(operation, message.parameters, message, place),
    )


def _queue(
    operation: str, given: dict[str, Any], message: Message, place: Place
) -> str:
    address = str(given.get("QueueUrl") or message.path).rstrip("/").split("/")
    if "QueueName" in given:
        owner = str(given.get("QueueOwnerAWSAccountId", ""))
        return place.arn(str(given["QueueName"]), account=owner)
    if len(address) >= 2 and address[-2].isdigit():
        return place.arn(address[-1], account=address[-2])
    return str(given.get("SourceArn") or place.arn(""))


def _stream(
    operation: str, given: dict[str, Any], message: Message, place: Place
) -> str:
    for name in ("ConsumerARN", "StreamARN", "ResourceARN"):
        if given.get(name):
            return str(given[name])
    name = given.get("StreamName") or _stream_of(given)
    return place.arn(f"stream/{name}") if name else "*"


def _stream_of(given: dict[str, Any]) -> str:
    try:
        return decompose_shard_iterator(str(given.get("ShardIterator", "")))[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _identity(
    operation: str, given: dict[str, Any], message: Message, place: Place
) -> str:
    for name, kind in IAM_PARAMETERS.items():
        if name == "PolicyArn" and operation.startswith(ATTACHMENTS):
            continue
        if given.get(name):
            value = str(given[name])
            return f"arn:aws:iam::{place.account}:{kind}{value}" if kind else value
    return "*"


def _role(operation: str, given: dict[str, Any], message: Message, place: Place) -> str:
    return str(given.get("RoleArn") or "*")


def _key(operation: str, given: dict[str, Any], message: Message, place: Place) -> str:
    name = str(given.get("KeyId") or "")
    if name.startswith("arn:") or not name:
        return name or "*"
    return place.arn(name if name.startswith("alias/") else f"key/{name}")


def _any(operation: str, given: dict[str, Any], message: Message, place: Place) -> str:
    return "*"


RESOURCES: dict[str, Callable[[str, dict[str, Any], Message, Place], str]] = {
    "sqs": _queue,
    "kinesis": _stream,
    "iam": _identity,
    "sts": _role,
    "kms": _key,
}

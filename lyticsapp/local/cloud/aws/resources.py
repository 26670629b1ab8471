"""What was put into moto of buckets, queues and streams: their owners and policies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.kinesis.models import kinesis_backends
from moto.s3.models import s3_backends
from moto.sqs.models import sqs_backends

PARTITION = "aws"


def owner_of(arn: str, *, caller_account: str) -> str:
    """The account a resource belongs to; the caller's where the ARN tells none."""
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[2] == "s3":
        return bucket_owner(bucket_in(arn)) or caller_account
    return parts[4] if len(parts) == 6 and parts[4].isdigit() else caller_account


def policy_of(arn: str) -> str:
    """The document of the policy a resource has, empty where it has none."""
    parts = arn.split(":", 5)
    find = POLICIES.get(parts[2]) if len(parts) == 6 else None
    return find(arn) if find else ""


def bucket_in(arn: str) -> str:
    return arn.split(":", 5)[5].partition("/")[0]


def bucket_owner(name: str) -> str | None:
    """The account that has a bucket, None where there is no such bucket."""
    known: tuple[str, str] | None = s3_backends.bucket_accounts.get(name)
    return known[1] if known else None


def has_object(arn: str) -> bool:
    """Whether there is an object of this ARN."""
    bucket, _, key = arn.split(":", 5)[5].partition("/")
    if bucket_owner(bucket) is None:
        return False
    return key in _bucket(bucket).keys


def _bucket(name: str) -> Any:
    owner = bucket_owner(name)
    return s3_backends[owner or ""][PARTITION].buckets[name]


def _bucket_policy(arn: str) -> str:
    name = bucket_in(arn)
    if bucket_owner(name) is None:
        return ""
    document: bytes | None = _bucket(name).policy
    return document.decode() if document else ""


def _queue_policy(arn: str) -> str:
    region, account, name = arn.split(":", 5)[3:]
    backends = sqs_backends[account]
    queue = backends[region].queues.get(name) if region in backends else None
    return str(queue.policy or "") if queue else ""


def _stream_policy(arn: str) -> str:
    region, account = arn.split(":", 5)[3:5]
    backends = kinesis_backends[account]
    known = backends[region].resource_policies if region in backends else {}
    document = known.get(arn, "")
    return document if isinstance(document, str) else json.dumps(document)


POLICIES: dict[str, Callable[[str], str]] = {
    "s3": _bucket_policy,
    "sqs": _queue_policy,
    "kinesis": _stream_policy,
}

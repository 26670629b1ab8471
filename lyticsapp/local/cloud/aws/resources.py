"""What was put into moto of buckets, queues and streams: their owners and policies."""

from __future__ import annotations

import json
from typing import Any

from moto.kinesis.models import kinesis_backends
from moto.s3.models import s3_backends
from moto.sqs.models import sqs_backends

PARTITION = "aws"


def owner_of(arn: str, *, caller_account: str) -> str:
    """The account a resource belongs to; the caller's where the ARN tells none."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return caller_account
    if parts[2] == "s3":
        return bucket_owner(bucket_in(arn)) or caller_account
    return parts[4] or caller_account


def policy_of(arn: str) -> str:
    """The document of the policy a resource has, empty where it has none."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return ""
    service, region, account, resource = parts[2:]
    if service == "s3":
        return _bucket_policy(bucket_in(arn))
    if service == "sqs":
        return _queue_policy(account, region, resource)
    if service == "kinesis":
        return _stream_policy(account, region, arn)
    return ""


def bucket_in(arn: str) -> str:
    return arn.split(":", 5)[5].partition("/")[0]


def bucket_owner(name: str) -> str | None:
    """The account that has a bucket, None where there is no such bucket."""
    known: tuple[str, str] | None = s3_backends.bucket_accounts.get(name)
    return known[1] if known else None


def has_object(arn: str) -> bool:
    """Whether there is an object of this ARN."""
    bucket, _, key = arn.split(":", 5)[5].partition("/")
    return key in _bucket(bucket).keys


def _bucket(name: str) -> Any:
    owner = bucket_owner(name)
    return s3_backends[owner or ""][PARTITION].buckets[name]


def _bucket_policy(name: str) -> str:
    if bucket_owner(name) is None:
        return ""
    document: bytes | None = _bucket(name).policy
    return document.decode() if document else ""


def _queue_policy(account: str, region: str, name: str) -> str:
    backends = sqs_backends[account]
    if region not in backends:
        return ""
    queue = backends[region].queues.get(name)
    return str(queue.policy or "") if queue else ""


def _stream_policy(account: str, region: str, arn: str) -> str:
    backends = kinesis_backends[account]
    if region not in backends:
        return ""
    document = backends[region].resource_policies.get(arn, "")
    return document if isinstance(document, str) else json.dumps(document)

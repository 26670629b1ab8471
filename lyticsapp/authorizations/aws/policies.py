"""The policies and commands that people copy, with their own names in them.

Those of the documents, with this installation in the place of theirs: page 002 has
the role and its stream, page 004 the bucket.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from lyticsapp.authorizations.aws.delegation import Delegation

VERSION = "2012-10-17"
Policy = dict[str, Any]

WRITE_STREAM = ("kinesis:PutRecord", "kinesis:PutRecords")
USE_BUCKET = (
    "s3:GetBucketLocation",
    "s3:ListBucket",
    "s3:PutObject",
    "s3:GetObject",
    "s3:DeleteObject",
)


def least(actions: Sequence[str], resources: Sequence[str]) -> Policy:
    """A policy of an identity that allows these actions and nothing else."""
    return _policy(
        {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    )


def trust(installation_arn: str, external_id: str) -> Policy:
    """Who may assume a role: this installation, on behalf of one account of it."""
    return _policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": installation_arn},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
        }
    )


def stream(delegation: Delegation) -> Policy:
    """What the role may do: write to the stream."""
    arn = (
        f"arn:aws:kinesis:{delegation.region}:{delegation.account}"
        f":stream/{delegation.stream}"
    )
    return least(WRITE_STREAM, [arn])


def bucket(name: str, installation_arn: str) -> Policy:
    """The policy of a bucket that this installation uses as itself."""
    return _policy(
        {
            "Sid": "GrantLyticsAccess",
            "Effect": "Allow",
            "Principal": {"AWS": installation_arn},
            "Action": list(USE_BUCKET),
            "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
        }
    )


def written(policy: Policy) -> str:
    """A policy as it is pasted."""
    return json.dumps(policy, indent=2)


def set_up(delegation: Delegation, installation_arn: str, external_id: str) -> str:
    """The lines for the AWS CLI that make the stream, the role and its policy."""
    d = delegation
    return f"""\
# Ensure there is the Kinesis stream; create it if need be
aws kinesis describe-stream --stream-name {d.stream} --region {d.region} --profile={d.profile}
aws kinesis create-stream --stream-name {d.stream} --shard-count=1 --region {d.region} --profile={d.profile}

# A role that this installation may assume, with your external id
aws iam create-role --profile={d.profile} --role-name="{d.role}" \\
  --path="{d.path}" \\
  --assume-role-policy-document '{written(trust(installation_arn, external_id))}'

# A policy that allows to write to the stream
aws iam create-policy --profile={d.profile} \\
  --policy-name {d.policy} --policy-document '{written(stream(d))}'

# Attach the policy to the role
aws iam attach-role-policy --profile={d.profile} \\
  --role-name {d.role} \\
  --policy-arn "{d.policy_arn}"

# See that it is attached
aws iam list-attached-role-policies --profile={d.profile} --role-name {d.role}
"""


def clean_up(delegation: Delegation) -> str:
    """The lines for the AWS CLI that take all of it away again."""
    d = delegation
    return f"""\
# Streams cost money when idle
aws kinesis delete-stream --stream-name {d.stream} --region {d.region} --profile={d.profile}

aws iam detach-role-policy --profile={d.profile} \\
  --role-name {d.role} \\
  --policy-arn "{d.policy_arn}"
aws iam delete-policy --profile={d.profile} --policy-arn="{d.policy_arn}"
aws iam delete-role --profile={d.profile} --role-name "{d.role}"
"""


def _policy(statement: dict[str, Any]) -> Policy:
    return {"Version": VERSION, "Statement": [statement]}

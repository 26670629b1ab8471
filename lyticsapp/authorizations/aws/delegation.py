"""The names in a person's AWS account that the generated policies are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lyticsapp.declaration.settings import NOTHING_STORED, Setting, validate

NAME = r"[\w+=,.@-]{1,64}"
NAME_HELP = "must be 1 to 64 letters, digits and _+=,.@-."

NAMES = (
    Setting(
        name="account",
        label="AWS Account",
        help="The number of your account, 12 digits.",
        required=True,
        pattern=r"\d{12}",
        pattern_help="must be 12 digits.",
    ),
    Setting(
        name="region",
        label="AWS Region",
        help="The region the stream is in, such as us-west-2.",
        default="us-west-2",
        pattern=r"[a-z]{2}(-[a-z]+)+-\d",
        pattern_help="must be an AWS region, such as us-west-2.",
    ),
    Setting(
        name="stream",
        label="Stream Name",
        help="The name of the Kinesis stream that is written to.",
        default="lytics_triggers_stream",
        pattern=r"[a-zA-Z0-9_.-]{1,128}",
        pattern_help=(
            "must be 1 to 128 letters, digits, underscores, periods and dashes."
        ),
    ),
    Setting(
        name="role",
        label="Role",
        help="What the role is to be called.",
        default="LyticsWriteToKinesis",
        pattern=NAME,
        pattern_help=NAME_HELP,
    ),
    Setting(
        name="path",
        label="Role Path",
        help="The path the role lies below, with a slash at both ends.",
        default="/Lytics/WriteToKinesis/",
        pattern=r"/([\w+=,.@-]+/)*",
        pattern_help="must be names between slashes, such as /Lytics/.",
    ),
    Setting(
        name="policy",
        label="Policy",
        help="What the policy is to be called.",
        default="KinesisAssumeWrites",
        pattern=NAME,
        pattern_help=NAME_HELP,
    ),
    Setting(
        name="profile",
        label="AWS CLI Profile",
        help="The profile of the AWS CLI for your account.",
        default="my_aws_account",
        pattern=NAME,
        pattern_help=NAME_HELP,
    ),
)
"""Of a role that writes to a stream; their defaults are those of the documents."""

BUCKET = Setting(
    name="bucket",
    label="Bucket",
    help="The name of your S3 bucket.",
    required=True,
    pattern=r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    pattern_help="must be 3 to 63 lower-case letters, digits, periods and dashes.",
)
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """A role that writes to a stream, in the person's own names."""

    account: str
    region: str
    stream: str
    role: str
    path: str
    policy: str
    profile: str

    @property
    def policy_arn(self) -> str:
        return f"arn:aws:iam::{self.account}:policy/{self.policy}"

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{self.account}:role{self.path}{self.role}"


def delegation_of(posted: Mapping[str, Any]) -> Delegation:
    """The names as they were entered, or the defaults; raises InvalidSettingError.

    They go into lines for a shell, so nothing else than names is taken.
    """
    given = {each.name: posted[each.name] for each in NAMES if posted.get(each.name)}
    return Delegation(**validate(NAMES, given, NOTHING_STORED).config)


def bucket_of(posted: Mapping[str, Any]) -> str:
    """The name of a bucket; raises InvalidSettingError."""
    name: str = validate((BUCKET,), posted, NOTHING_STORED).config[BUCKET.name]
    return name

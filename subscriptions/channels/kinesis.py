"""Puts each message as a record into an AWS Kinesis data stream.

Its settings are declared and checked; sending is not offered yet.
"""

from __future__ import annotations

from lyticsapp.declaration.settings import Setting

TITLE = "Amazon Kinesis"
WORKFLOW = "aws_kinesis_triggers"
PROVIDER = "aws"
JOB_TITLE = "Export Audience Triggers"
METHODS = ("keys", "role")
WITHOUT_AUTHORIZATION = False
OFFERED = False

# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html
STREAM_NAME = r"[a-zA-Z0-9_.-]{1,128}"
REGION = r"[a-z]{2}(-[a-z]+)+-\d"
ROLE_ARN = r"arn:aws[a-z-]*:iam::\d+:role/[\w+=,.@/-]+"

SETTINGS = (
    Setting(
        name="region",
        label="AWS Region",
        help="The region the stream is in, such as us-east-1.",
        required=True,
        pattern=REGION,
        pattern_help="must be an AWS region, such as us-east-1.",
    ),
    Setting(
        name="stream",
        label="Kinesis Stream",
        help="The name of the stream.",
        required=True,
        pattern=STREAM_NAME,
        pattern_help=(
            "must be 1 to 128 letters, digits, underscores, periods and dashes."
        ),
    ),
    Setting(
        name="role_arn",
        label="Role ARN",
        help="The AWS IAM role that is assumed to write to the stream.",
        pattern=ROLE_ARN,
        pattern_help="must be the ARN of a role: arn:aws:iam::123456789012:role/name.",
    ),
    Setting(
        name="identifier_field",
        label="Identifier Field",
        help="The user field whose value becomes the partition key.",
    ),
)

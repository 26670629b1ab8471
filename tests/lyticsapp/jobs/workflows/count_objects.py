"""Counts the objects in a bucket, a page at a time: https://docs.example.com/objects."""

from __future__ import annotations

from lyticsapp.authorizations.aws import buckets
from lyticsapp.authorizations.aws.errors import BucketNotGrantedError
from lyticsapp.authorizations.aws.steps import bucket_steps
from lyticsapp.authorizations.step import Steps
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.jobs import aws_choices, workflow
from lyticsapp.jobs.aws_failures import told_of_run
from lyticsapp.jobs.run import Run
from lyticsapp.jobs.workflow import DELEGATED, Direction, Field, Setup

PROVIDER = "aws"
TITLE = "Count Objects"
KIND = workflow.Kind.BATCH
DIRECTION = Direction.IMPORT
METHODS = ("keys", "role")
WITHOUT = DELEGATED
PAGE = 2

FIELDS = (
    Field(
        name="bucket",
        label="Bucket",
        help="The bucket to look into.",
        required=True,
        source=aws_choices.buckets,
    ),
    Field(
        name="directory",
        label="Directory",
        help="The folder to look into.",
        source=aws_choices.directories,
        source_after=("bucket",),
    ),
    Field(
        name="file",
        label="File",
        help="A file to begin after.",
        source=aws_choices.files,
        source_after=("bucket", "directory"),
    ),
)


def check(setup: Setup) -> None:
    """The bucket has to be the account's where access is delegated."""
    if setup.authorization is None:
        try:
            buckets.require(setup.account, setup.config["bucket"])
        except BucketNotGrantedError as error:
            raise InvalidSettingError("bucket", str(error)) from error


def test_steps(setup: Setup) -> Steps:
    """Whether the bucket can be listed and read."""
    return bucket_steps(setup.config["bucket"], reads=True, writes=False)


def run(run: Run) -> None:
    """Count, a page at a time."""
    after, counted = run.checkpoint.get("after", ""), run.checkpoint.get("counted", 0)
    while True:
        bucket = run.config["bucket"]
        with told_of_run(f"list {bucket}"):
            listed = buckets.client(run.credentials, bucket).list_objects_v2(
                Bucket=bucket, StartAfter=after, MaxKeys=PAGE
            )
        keys = [each["Key"] for each in listed.get("Contents", [])]
        after, counted = (keys or [after])[-1], counted + len(keys)
        run.save({"after": after, "counted": counted}, done=counted, read=len(keys))
        if not listed["IsTruncated"]:
            return

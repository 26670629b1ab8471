"""What can be chosen of AWS: regions, streams, queues, buckets and what is in them.

Buckets and their keys may be many: a page of choices costs a bounded number of calls,
and keys are found by how they begin, as S3 finds them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from lyticsapp.authorizations.aws.buckets import client, granted_to
from lyticsapp.authorizations.aws.errors import AwsError
from lyticsapp.authorizations.aws.sessions import session_of
from lyticsapp.declaration.settings import Choice
from lyticsapp.jobs.errors import ChoicesError
from lyticsapp.jobs.workflow import Page, Setup, Source

PAGE = 100
MOST_CALLS = 10
"""For one page of choices; a search that finds nothing by then is asked to go on."""
LISTED = 1_000
"""The most keys that S3 lists in a call."""
LAST_CHARACTER = chr(0x10FFFF)
REGION = r"[a-z]{2}(?:-[a-z]+)+-\d"
REGION_HELP = "must be an AWS region, such as us-east-1."


def regions_of(service: str) -> Source:
    """The regions that a service is in."""

    def regions(setup: Setup, search: str, start: str) -> Page:
        known = botocore.session.get_session().get_available_regions(service)
        return Page([Choice(each, each) for each in known if search in each])

    return regions


def streams(setup: Setup, search: str, start: str) -> Page:
    """The Kinesis streams of the region whose names hold the text, by name."""
    region = setup.config.get("region", "")
    found: list[Choice] = []
    with told_as_choices("list the streams"):
        kinesis = session_of(setup.credentials).client("kinesis", region)
        for _ in range(MOST_CALLS):
            after = {"ExclusiveStartStreamName": start} if start else {}
            listed = kinesis.list_streams(Limit=PAGE, **after)
            names: list[str] = listed["StreamNames"]
            found += [Choice(name, name) for name in names if search in name]
            if not listed["HasMoreStreams"] or not names:
                return Page(found)
            start = names[-1]
            if len(found) >= PAGE:
                break
    return Page(found, start)


def queues(setup: Setup, search: str, start: str) -> Page:
    """The URLs of the SQS queues of the region that hold the text, as AWS lists them."""
    region = setup.config.get("region", "")
    found: list[Choice] = []
    with told_as_choices("list the queues"):
        sqs = session_of(setup.credentials).client("sqs", region)
        for _ in range(MOST_CALLS):
            after = {"NextToken": start} if start else {}
            listed = sqs.list_queues(MaxResults=PAGE, **after)
            urls: list[str] = listed.get("QueueUrls", [])
            found += [Choice(url, _name(url)) for url in urls if search in url]
            start = listed.get("NextToken", "")
            if not start or len(found) >= PAGE:
                break
    return Page(found, start)


def buckets(setup: Setup, search: str, start: str) -> Page:
    """The buckets whose names hold the text, by name; without an authorization, those
    that are granted to the account."""
    if setup.authorization is None:
        granted = granted_to(setup.account).filter(bucket__contains=search)
        names = granted.values_list("bucket", flat=True)
        return Page([Choice(name, name) for name in names[:LISTED]])
    with told_as_choices("list buckets"):
        s3 = session_of(setup.credentials).client("s3")
        found = [each["Name"] for each in s3.list_buckets()["Buckets"]]
    matching = sorted(n for n in found if search in n and n > start)
    following = matching[PAGE - 1] if len(matching) > PAGE else ""
    return Page([Choice(name, name) for name in matching[:PAGE]], following)


def directories(setup: Setup, search: str, start: str) -> Page:
    """The folders that begin with the text, one level below the last slash in it."""
    bucket = setup.config.get("bucket", "")
    found: list[Choice] = []
    with told_as_choices("list the folders"):
        s3 = client(setup.credentials, bucket)
        for _ in range(MOST_CALLS):
            listed = s3.list_objects_v2(
                Bucket=bucket,
                Prefix=search,
                Delimiter="/",
                StartAfter=start,
                MaxKeys=LISTED,
            )
            folders = [each["Prefix"] for each in listed.get("CommonPrefixes", [])]
            found += [Choice(name, name) for name in folders]
            if not listed["IsTruncated"]:
                return Page(found)
            start = _last(folders, listed)
            if len(found) >= PAGE:
                break
    return Page(found, start)


def files(setup: Setup, search: str, start: str) -> Page:
    """The files in the directory, or in the bucket, that begin with the text."""
    bucket = setup.config.get("bucket", "")
    inside = setup.config.get("directory", "")
    with told_as_choices("list the files"):
        listed = client(setup.credentials, bucket).list_objects_v2(
            Bucket=bucket, Prefix=inside + search, StartAfter=start, MaxKeys=PAGE
        )
    keys: list[str] = [each["Key"] for each in listed.get("Contents", [])]
    found = [
        Choice(key.removeprefix(inside), key.removeprefix(inside))
        for key in keys
        if not key.endswith("/")
    ]
    return Page(found, keys[-1] if listed["IsTruncated"] else "")


def _name(queue_url: str) -> str:
    return queue_url.rpartition("/")[2]


def _last(folders: Sequence[str], listed: Mapping[str, Any]) -> str:
    """Where the next listing begins: behind what was listed, and all in a folder."""
    keys: list[str] = [each["Key"] for each in listed.get("Contents", [])]
    after = [f"{folder}{LAST_CHARACTER}" for folder in folders[-1:]]
    return max(keys[-1:] + after)


@contextmanager
def told_as_choices(attempt: str) -> Iterator[None]:
    """Have it told in a form why AWS does not let one choose."""
    try:
        yield
    except AwsError as error:
        raise ChoicesError(str(error)) from error
    except (ClientError, BotoCoreError) as error:
        raise ChoicesError(
            f"Your credentials may not have permission to {attempt} ({error}). You can "
            "type the name."
        ) from error

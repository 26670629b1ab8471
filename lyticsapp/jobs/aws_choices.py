"""What can be chosen of AWS: regions, and the streams that credentials may list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from lyticsapp.authorizations.aws.errors import AwsError
from lyticsapp.authorizations.aws.sessions import session_of
from lyticsapp.declaration.settings import Choice
from lyticsapp.jobs.errors import ChoicesError
from lyticsapp.jobs.workflow import Page, Setup, Source

PAGE = 100
MOST_PAGES = 20
"""Looked at for one page of choices; a search that finds nothing in them goes on."""


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
        for _ in range(MOST_PAGES):
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

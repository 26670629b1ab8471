"""Counts up to a number, a step at a time.

It shows that a workflow is one file: https://docs.example.com/count-up.
"""

from __future__ import annotations

from lyticsapp.declaration.settings import Choice, Kind
from lyticsapp.jobs import workflow
from lyticsapp.jobs.run import Run
from lyticsapp.jobs.workflow import Direction, Field, Page, Setup

PROVIDER = "aws"
TITLE = "Count Up"
KIND = workflow.Kind.BATCH
DIRECTION = Direction.IMPORT
METHODS = ("keys",)


def beaches(setup: Setup, search: str, start: str) -> Page:
    """A hundred beaches, twenty a page."""
    names = [f"beach-{number:03}" for number in range(100)]
    found = [name for name in names if search in name and name > start]
    following = found[19] if len(found) > 20 else ""
    return Page([Choice(name, name) for name in found[:20]], following)


FIELDS = (
    Field(
        name="upto",
        label="Up To",
        help="The number to count to.",
        kind=Kind.INTEGER,
        required=True,
    ),
    Field(
        name="beach",
        label="Beach",
        help="Where the sheep are counted.",
        source=beaches,
    ),
    Field(
        name="password",
        label="Password",
        help="What the sheep are told.",
        secret=True,
        advanced=True,
    ),
)


def check(setup: Setup) -> None:
    """Any number will do."""


def run(run: Run) -> None:
    """Count, and keep each number."""
    number = run.checkpoint.get("number", 0)
    while number < run.config["upto"]:
        number += 1
        run.save({"number": number}, done=number, total=run.config["upto"], read=1)

"""The steps of a connection test, and what comes of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from lyticsapp.authorizations.credentials import Credentials


class Outcome(Enum):
    """What came of a step."""

    PASSED = "passed"
    WARNED = "warned"
    """It works, and somebody should look at it."""
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a step, in words for the person who set it up."""

    outcome: Outcome
    text: str
    missing: str = ""
    """The right that is missing, under its exact name: an IAM action, an Azure role."""
    policy: Mapping[str, Any] | None = None
    """The least policy that grants it, where a policy does."""


def passed(text: str) -> Result:
    """It works."""
    return Result(Outcome.PASSED, text)


def warned(text: str) -> Result:
    """It works, but; or it could not be found out."""
    return Result(Outcome.WARNED, text)


def failed(
    text: str, *, missing: str = "", policy: Mapping[str, Any] | None = None
) -> Result:
    """It does not work."""
    return Result(Outcome.FAILED, text, missing, policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that is tried."""

    key: str
    """Names it among the steps of one test."""
    title: str
    run: Callable[[Credentials], Result]
    is_basis: bool = False
    """Whether the steps after it are skipped where it does not pass."""


def skipped_after(step: Step) -> Result:
    """What becomes of those whose basis has not passed."""
    return Result(Outcome.SKIPPED, f"Not tried, as “{step.title}” has not passed.")


Steps = Sequence[Step]

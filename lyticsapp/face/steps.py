"""The steps of a wizard, as its pages show where one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """A step, and its address where it can be gone back to."""

    title: str
    url: str = ""


def steps_context(taken: Sequence[Step], titles: Sequence[str]) -> dict[str, Any]:
    """For `admin/face/steps.html`: the steps so far, the last of them this one."""
    ahead = [Step(title) for title in titles[len(taken) :]]
    return {"steps": [*taken, *ahead], "step_number": len(taken)}

"""What applying a file would do: a comparison of two documents, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from lyticsapp.as_code.document import Document, JobEntry, SegmentEntry

Entry = TypeVar("Entry", SegmentEntry, JobEntry)


class Default(Enum):
    """The value of what an entry does not speak of."""

    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that would become another."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Step(Generic[Entry]):
    """A segment or job that would be created, or changed."""

    wanted: Entry
    now: Entry | None
    """None where there is none yet."""

    @property
    def differences(self) -> Sequence[Difference]:
        """What would become another; of a new one, all that is said."""
        before: dict[str, Any] = {} if self.now is None else self.now.values()
        after: dict[str, Any] = self.wanted.values()
        names = [*after, *(name for name in before if name not in after)]
        pairs = [
            Difference(
                name,
                before.get(name, Default.DEFAULT),
                after.get(name, Default.DEFAULT),
            )
            for name in names
        ]
        return [each for each in pairs if each.before != each.after]


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done, in this order, and what would stay as it is."""

    segments: Sequence[Step[SegmentEntry]]
    jobs: Sequence[Step[JobEntry]]
    unchanged: int
    """Of the file's segments and jobs, how many are so already."""
    other_segments: int
    """How many segments the file does not speak of."""
    other_jobs: int

    @property
    def steps(self) -> Sequence[Step[SegmentEntry] | Step[JobEntry]]:
        return [*self.segments, *self.jobs]


def compare(wanted: Document, now: Document) -> Plan:
    """The plan that makes an account which is `now` so as it is wanted."""
    segments = _steps(wanted.segments, now.segments)
    jobs = _steps(wanted.jobs, now.jobs)
    said = len(wanted.segments) + len(wanted.jobs)
    return Plan(
        segments=segments,
        jobs=jobs,
        unchanged=said - len(segments) - len(jobs),
        other_segments=_others(wanted.segments, now.segments),
        other_jobs=_others(wanted.jobs, now.jobs),
    )


def _steps(wanted: Iterable[Entry], now: Iterable[Entry]) -> list[Step[Entry]]:
    known = {each.key: each for each in now}
    steps = [Step(each, known.get(each.key)) for each in wanted]
    return [each for each in steps if each.now is None or each.differences]


def _others(wanted: Iterable[Entry], now: Iterable[Entry]) -> int:
    said = {each.key for each in wanted}
    return sum(1 for each in now if each.key not in said)

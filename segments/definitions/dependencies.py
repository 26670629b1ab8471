"""Who depends on a segment: the segments that INCLUDE it, and what is above them.

Packages above (subscriptions, exports) tell of their dependants through a
`DependencyReporter`, which the composition root binds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.urls import reverse

from segments.definitions.errors import SegmentInUseError
from segments.definitions.includes import IncludeGraph
from segments.definitions.models import Segment


@dataclass(frozen=True, slots=True)
class Dependant:
    """Something that would break if a segment went away."""

    kind: str
    public_id: str
    label: str
    job_id: str = ""
    """The job behind it, if one is."""
    url: str = ""
    """Its page in the admin."""

    def __str__(self) -> str:
        return f'{self.kind} "{self.label}" ({self.public_id})'


class DependencyReporter(Protocol):
    """Tells what depends on a segment, in the segment's own account."""

    def __call__(self, segment: Segment) -> Sequence[Dependant]: ...


_reporters: list[DependencyReporter] = []


def bind(reporter: DependencyReporter) -> None:
    """Bind a reporter; called by the composition root, once for each package."""
    _reporters.append(reporter)


def dependants_of(segment: Segment) -> list[Dependant]:
    """All that depends on a segment, segments first."""
    graph = IncludeGraph(segment.account)
    found = [
        Dependant(
            kind="segment",
            public_id=other.public_id,
            label=other.slug,
            url=reverse("admin:definitions_segment_change", args=[other.pk]),
        )
        for other in graph.includers(segment)
    ]
    for reporter in _reporters:
        found.extend(reporter(segment))
    return found


def refuse_if_used(segment: Segment) -> None:
    """Refuse to delete a segment that something depends on, naming what."""
    dependants = dependants_of(segment)
    if dependants:
        raise SegmentInUseError(
            f'Segment "{segment.slug}" is used by '
            f"{', '.join(map(str, dependants))}. Delete or change these first."
        )

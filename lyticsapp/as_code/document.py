"""What a file says: segments by their slug, jobs by their workflow and label.

Each is described whole; what a file leaves out has its default. A document of what an
account has is of the same shape, so that the two can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lyticsapp.as_code.errors import DocumentError
from lyticsapp.masking import MASK


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands, for those who find it wrong."""

    source: str
    line: int
    what: str = ""
    """What begins there, as people call it."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """Those of its keys; of a job's settings as `config.NAME`."""

    def error(self, reason: str, key: str = "") -> DocumentError:
        """What is wrong there, with the key where one is to blame."""
        parts = [part for part in (self.what, key, reason) if part]
        return DocumentError(self.source, self._line_of(key), ": ".join(parts))

    def _line_of(self, key: str) -> int:
        """That of the key, or of what it is a part of."""
        while key not in self.lines and "." in key:
            key = key.rpartition(".")[0]
        return self.lines.get(key, self.line)


NOWHERE = Place("", 0)


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that a file gives; it is compared and saved, and shown to nobody."""

    value: str

    def __repr__(self) -> str:
        return MASK


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentEntry:
    """A segment."""

    slug: str
    name: str
    description: str
    tags: Sequence[str]
    kind: str
    public: bool
    filter: str
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    @property
    def key(self) -> str:
        return self.slug

    def __str__(self) -> str:
        return f"segment {self.slug}"

    def values(self) -> dict[str, Any]:
        """What is compared, by its key in the file."""
        names = ("name", "description", "tags", "kind", "public", "filter")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEntry:
    """A job; one that drives a subscription is the subscription, too."""

    workflow: str
    label: str
    description: str
    authorization: str
    """Its label; empty where the job has none."""
    paused: bool
    config: Mapping[str, Any]
    """The settings that differ from their defaults, segments by their slugs."""
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    @property
    def key(self) -> tuple[str, str]:
        return self.workflow, self.label

    def __str__(self) -> str:
        return f'job "{self.label}" ({self.workflow})'

    def values(self) -> dict[str, Any]:
        """What is compared, by its key in the file."""
        names = ("description", "authorization", "paused")
        said = {name: getattr(self, name) for name in names}
        return said | {f"config.{name}": each for name, each in self.config.items()}


@dataclass(frozen=True, slots=True)
class Document:
    """All that a file says."""

    segments: Sequence[SegmentEntry]
    jobs: Sequence[JobEntry]

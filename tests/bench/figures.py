"""What a benchmark finds: a figure beside its floor, and whether it meets its aim."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row of the table."""

    what: str
    measured: float
    floor: float
    unit: str
    aim: float
    at_least: bool
    """Whether the ratio is to be at least, or at most, the aim."""

    @property
    def ratio(self) -> float:
        return self.measured / self.floor

    @property
    def met(self) -> bool:
        return self.ratio >= self.aim if self.at_least else self.ratio <= self.aim

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio, "met": self.met}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one benchmark gives: its figures, its sizes and how it was done."""

    figures: list[Figure]
    sizes: str
    how: str

    def as_json(self) -> dict[str, Any]:
        return {
            "figures": [figure.as_json() for figure in self.figures],
            "sizes": self.sizes,
            "how": self.how,
        }

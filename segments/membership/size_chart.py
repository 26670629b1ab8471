"""A segment's size over time, and who entered and left, as a chart draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.utils import timezone

from segments.membership.size_history import HOUR, Hour

SPANS = {"24h": 24, "7d": 7 * 24, "30d": 30 * 24}
STEPS = {"24h": 1, "7d": 1, "30d": 6}
"""How many hours a column of each span stands for."""
NAMES = {"24h": "24 hours", "7d": "7 days", "30d": "30 days"}
DEFAULT_SPAN = "7d"
WIDTH, HEIGHT = 1000.0, 100.0


@dataclass(frozen=True, slots=True)
class Column:
    """Some hours of a segment, and where they stand in the chart."""

    begins: datetime
    ends: datetime
    size: int
    entered: int
    exited: int
    x: float
    width: float
    entered_height: float
    exited_height: float

    @property
    def entered_y(self) -> float:
        """Where the column of those who entered begins; it stands on the middle."""
        return HEIGHT / 2 - self.entered_height

    @property
    def label(self) -> str:
        """What is told of the column where it is pointed at."""
        begins, ends = timezone.localtime(self.begins), timezone.localtime(self.ends)
        return (
            f"{begins:%d %b %H:%M} to {ends:%H:%M}: {self.entered:,} entered, "
            f"{self.exited:,} left, {self.size:,} in it at the end"
        )


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of a span of time."""

    span: str
    step_hours: int
    columns: Sequence[Column]
    line: str
    """The line of the size, as the path of an SVG."""
    least: int
    greatest: int
    most_moves: int

    @property
    def area(self) -> str:
        """The line, closed along the ground."""
        return f"{self.line} V{HEIGHT:g} H0 Z"

    @property
    def size(self) -> int:
        """How many are in it now."""
        return self.columns[-1].size

    @property
    def newest_first(self) -> Sequence[Column]:
        """The columns as a table lists them."""
        return self.columns[::-1]

    @property
    def entered(self) -> int:
        """How many entered in the whole span."""
        return sum(column.entered for column in self.columns)

    @property
    def exited(self) -> int:
        """How many left in the whole span."""
        return sum(column.exited for column in self.columns)

    @property
    def summary(self) -> str:
        """What the chart shows, for those who cannot see it."""
        first = self.columns[0].size
        return (
            f"Size over the last {NAMES[self.span]}: from {first:,} to {self.size:,}, "
            f"at least {self.least:,}, at most {self.greatest:,}"
        )

    @property
    def moves_summary(self) -> str:
        """What the columns show, for those who cannot see them."""
        return (
            f"Over the last {NAMES[self.span]}, {self.entered:,} entered and "
            f"{self.exited:,} left"
        )


def draw(hours: Sequence[Hour], span: str) -> Chart:
    """The chart of these hours, the newest last."""
    step = STEPS[span]
    parts = list(_parts(hours, step))
    most = max((max(each.entered, each.exited) for each in parts), default=0)
    sizes = [hour.size for hour in hours]
    greatest = max(sizes, default=0)
    width = WIDTH / max(len(parts), 1)
    scale = HEIGHT / 2 / most if most else 0.0
    return Chart(
        span=span,
        step_hours=step,
        columns=[
            Column(
                begins=each.begins,
                ends=each.begins + step * HOUR,
                size=each.size,
                entered=each.entered,
                exited=each.exited,
                x=place * width,
                width=width,
                entered_height=each.entered * scale,
                exited_height=each.exited * scale,
            )
            for place, each in enumerate(parts)
        ],
        line=_line(sizes, greatest),
        least=min(sizes, default=0),
        greatest=greatest,
        most_moves=most,
    )


def _parts(hours: Sequence[Hour], step: int) -> list[Hour]:
    """Hours gathered into longer ones; the last of them may be shorter."""
    rest = iter(hours)
    parts = []
    while together := list(islice(rest, step)):
        parts.append(
            Hour(
                together[0].begins,
                together[-1].size,
                sum(hour.entered for hour in together),
                sum(hour.exited for hour in together),
            )
        )
    return parts


def _line(sizes: Sequence[int], greatest: int) -> str:
    """The path from hour to hour; level where there is but one."""
    both_ends = [*sizes, *sizes] if len(sizes) == 1 else sizes
    step = WIDTH / max(len(both_ends) - 1, 1)
    scale = HEIGHT / greatest if greatest else 0.0
    points = (
        f"{place * step:.1f} {HEIGHT - size * scale:.2f}"
        for place, size in enumerate(both_ends)
    )
    return "M" + " L".join(points)

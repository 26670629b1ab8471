"""The score of a file: what agrees, what differs on purpose, what disagrees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from tests.conformance import dates, evaluating, parsing
from tests.conformance.deviations import deviations_of
from tests.conformance.vectors import Vector

WANTED = 0.98
LONGEST_TEXT = 70
LONGEST_REASON = 150


@dataclass
class Score:
    name: str
    agreeing: int = 0
    deviating: dict[str, list[Vector]] = field(
        default_factory=lambda: defaultdict(list)
    )
    disagreeing: list[tuple[Vector, str]] = field(default_factory=list)

    @property
    def counted(self) -> int:
        return self.agreeing + len(self.disagreeing)

    @property
    def share(self) -> float:
        return self.agreeing / self.counted if self.counted else 0.0

    @property
    def on_purpose(self) -> int:
        return sum(map(len, self.deviating.values()))

    @property
    def will_do(self) -> bool:
        return self.share >= WANTED


def score(name: str, vectors: list[Vector], clock: datetime) -> Score:
    found = Score(name)
    for vector in vectors:
        reason = _disagreement(vector, clock)
        if not reason:
            found.agreeing += 1
        elif rows := deviations_of(vector, clock):
            found.deviating[rows[0]].append(vector)
        else:
            found.disagreeing.append((vector, reason))
    return found


def _disagreement(vector: Vector, clock: datetime) -> str:
    match vector.data["file"]:
        case "parse_ok":
            return parsing.disagreement(vector)
        case "parse_error":
            return parsing.refusal(vector)
        case "datemath":
            return dates.disagreement(vector, clock)
    return evaluating.disagreement(vector, clock)


def table(scores: list[Score]) -> Iterator[str]:
    """The scores, one line a file."""
    yield f"{'file':<12} {'agree':>5} {'of':>5} {'score':>8} {'on purpose':>11}"
    for one in scores:
        yield (
            f"{one.name:<12} {one.agreeing:>5} {one.counted:>5} "
            f"{one.share:>8.2%} {one.on_purpose:>11}"
        )


def details(one: Score) -> Iterator[str]:
    """What is not counted, by deviation, and each disagreement."""
    for name, vectors in sorted(one.deviating.items()):
        yield f"  {name} ({len(vectors)})"
        yield from (f"    {_shown(vector)}" for vector in vectors)
    if one.disagreeing:
        yield f"  disagreements ({len(one.disagreeing)})"
    for vector, reason in one.disagreeing:
        yield f"    {_shown(vector)}: {reason[:LONGEST_REASON]}"


def _shown(vector: Vector) -> str:
    text = " ".join(vector.text.split())
    shown = text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
    return f"{vector.id}  {shown}"

"""How the inbox answers: well, or as it is told to fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_DELAY_S = 60


class BehaviourError(Exception):
    """A behaviour that cannot be."""


@dataclass(frozen=True)
class Behaviour:
    """A share `rate` of requests waits `delay` seconds and is answered `status`."""

    status: int = 200
    delay: float = 0
    rate: float = 1

    @classmethod
    def parse(cls, given: object) -> Behaviour:
        """Read what a person or a script sent; names the field that is wrong."""
        if not isinstance(given, Mapping):
            raise BehaviourError("Send an object of status, delay and rate.")
        unknown = set(given) - {"status", "delay", "rate"}
        if unknown:
            raise BehaviourError(
                f"{min(unknown)}: unknown; use status, delay and rate."
            )
        status = number(given, "status", default=200, low=200, high=599)
        return cls(
            status=int(status),
            delay=number(given, "delay", default=0, low=0, high=MAX_DELAY_S),
            rate=number(given, "rate", default=1, low=0, high=1),
        )


def number(
    given: Mapping[str, Any], name: str, *, default: float, low: float, high: float
) -> float:
    value = given.get(name, default)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not low <= number <= high:
        raise BehaviourError(f"{name}: {value!r} is not a number from {low} to {high}.")
    return number

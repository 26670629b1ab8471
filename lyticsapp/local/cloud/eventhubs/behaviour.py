"""How the stand-in answers sends: well, or as it is told to fail."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lyticsapp.local.cloud.behaviour import MAX_DELAY_S, BehaviourError, number
from lyticsapp.local.cloud.eventhubs.errors import (
    BusyError,
    DetachedError,
    DroppedError,
    InternalError,
)


class Answer(StrEnum):
    """What becomes of a send."""

    ACCEPT = "accept"
    THROTTLE = "throttle"
    FAIL = "fail"
    DETACH = "detach"
    DROP = "drop"
    # The events are stored, but the sender is not told.
    STORE_AND_DROP = "store-and-drop"


@dataclass(frozen=True)
class Behaviour:
    """A share `rate` of sends waits `delay` seconds and is answered `answer`."""

    answer: Answer = Answer.ACCEPT
    delay: float = 0
    rate: float = 1

    @classmethod
    def parse(cls, given: object) -> Behaviour:
        """Read what a person or a script sent; names the field that is wrong."""
        if not isinstance(given, Mapping):
            raise BehaviourError("Send an object of answer, delay and rate.")
        if unknown := set(given) - {"answer", "delay", "rate"}:
            raise BehaviourError(
                f"{min(unknown)}: unknown; use answer, delay and rate."
            )
        answer = given.get("answer", Answer.ACCEPT)
        if answer not in list(Answer):
            raise BehaviourError(f"answer: {answer!r} is none of {', '.join(Answer)}.")
        return cls(
            answer=Answer(answer),
            delay=number(given, "delay", default=0, low=0, high=MAX_DELAY_S),
            rate=number(given, "rate", default=1, low=0, high=1),
        )

    async def before_storing(self) -> Answer:
        """Wait, and refuse as told; the answer for once the events are stored."""
        if random.random() >= self.rate:  # noqa: S311 - not for secrets
            return Answer.ACCEPT
        await asyncio.sleep(self.delay)
        match self.answer:
            case Answer.THROTTLE:
                raise BusyError(
                    "The request was terminated because the entity is being throttled."
                    " Error code : 50002. Please wait 4 seconds and try again."
                )
            case Answer.FAIL:
                raise InternalError(
                    "The service was unable to process the request; please retry the"
                    " operation."
                )
            case Answer.DETACH:
                raise DetachedError("The link was detached to balance the load.")
            case Answer.DROP:
                raise DroppedError
        return self.answer

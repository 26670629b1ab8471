"""The load: users who take their steps one after the other, whatever fails.

Each step is posted until a call for it is answered 200, each time as a call of its
own number; what was answered and what was not is remembered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count, cycle
from typing import Any

import requests

from tests.installation import Installation
from tests.storm import model
from tests.waiting import wait_until

STREAM = "storm"
AT = "@example.com"
PAUSE_S = 0.05
AGAIN_AFTER_S = 0.1
CALL_TIMEOUT_S = 20
LONGEST_OUTAGE_S = 60
CALLS_BETWEEN_FAULTS = 20


@dataclass(slots=True)
class User:
    """A user, and how many of their steps were accepted."""

    name: str
    both_names: bool = False
    """Whether their events come under two names in turn, and so in two lanes."""
    steps: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)
    """What each step says, the one under way too."""

    def next_event(self) -> dict[str, Any]:
        """What the next step says, however often it is sent."""
        if len(self.events) == self.steps:
            self.events.append(model.event(self.steps + 1, datetime.now(UTC)))
        return self.events[self.steps]

    @property
    def accepted(self) -> list[dict[str, Any]]:
        """What the steps said that were accepted."""
        return self.events[: self.steps]

    def identities(self, step: int) -> dict[str, str]:
        user_id, email = {"user_id": self.name}, {"email": self.name + AT}
        if not self.both_names:
            return user_id
        if step == 1:
            return user_id | email
        return user_id if step % 2 else email


def name_of(fields: Mapping[str, Any]) -> str:
    """The name of the user who has these fields, which may hold one of the two."""
    name: str = fields.get("user_id") or fields["email"].removesuffix(AT)
    return name


@dataclass
class Load:
    """Senders, each with users of its own."""

    installation: Installation
    users: list[User]
    senders: int
    answered: set[int] = field(default_factory=set)
    """The numbers of the calls that were answered 200."""
    unanswered: dict[int, str] = field(default_factory=dict)
    """What came of those that were not: their events may have been accepted or not."""
    failure: str = ""
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for number in range(self.senders):
            mine = self.users[number :: self.senders]
            thread = threading.Thread(target=self._send_steps, args=(mine,))
            self._threads.append(thread)
            thread.start()

    def go_on(self) -> None:
        """Wait until a good number of further calls have been answered."""
        wanted = len(self.answered) + CALLS_BETWEEN_FAULTS
        wait_until(
            lambda: self.failure or len(self.answered) >= wanted,
            timeout=LONGEST_OUTAGE_S,
            what=f"{CALLS_BETWEEN_FAULTS} calls to be answered",
        )

    def stop(self) -> None:
        """Let every user's last step be answered."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(LONGEST_OUTAGE_S + CALL_TIMEOUT_S)
        assert not self.failure, self.failure

    def _send_steps(self, users: list[User]) -> None:
        with requests.Session() as session:
            session.headers["Authorization"] = self.installation.token
            for user in cycle(users):
                if self._stopping.is_set() or self.failure:
                    return
                self._send_until_answered(session, user)
                self._stopping.wait(PAUSE_S)

    def _send_until_answered(self, session: requests.Session, user: User) -> None:
        deadline = time.monotonic() + LONGEST_OUTAGE_S
        while True:
            number = next(self._numbers)
            said = self._call(session, user, number)
            if said is None:
                self.answered.add(number)
                user.steps += 1
                return
            self.unanswered[number] = said
            if time.monotonic() > deadline:
                self.failure = f"no answer for {LONGEST_OUTAGE_S} s: {said}"
                return
            threading.Event().wait(AGAIN_AFTER_S)

    def _call(self, session: requests.Session, user: User, number: int) -> str | None:
        """What went wrong, if anything did."""
        identities = user.identities(user.steps + 1)
        event = {**identities, **user.next_event(), "call": number}
        url = f"{self.installation.url}/collect/json/{STREAM}"
        try:
            answer = session.post(url, json=event, timeout=CALL_TIMEOUT_S)
        except requests.RequestException as error:
            return str(error)
        return None if answer.status_code == 200 else answer.text

"""Writing what concurrent threads bring in one statement and one commit.

The first thread to come writes at once. Those that come while it writes wait;
when it is done, one of them writes for all that wait. So a commit, which takes
far longer than anything else in a small call, is shared by as many calls as came
in while the last one was under way, and a lone call waits for nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")


def _held_lock() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True, eq=False)
class _Entry(Generic[Item]):
    item: Item
    turn: threading.Lock = field(default_factory=_held_lock)
    is_written: bool = False
    error: Exception | None = None


class GroupCommit(Generic[Item]):
    """Calls `write` with the items of all threads that wait for it.

    `write` answers, for each item, None or the error that kept it from being
    written; what it raises is raised to all of them.
    """

    def __init__(
        self, write: Callable[[Sequence[Item]], Sequence[Exception | None]]
    ) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._waiting: list[_Entry[Item]] = []
        self._is_led = False

    def submit(self, item: Item) -> None:
        """Return when the item is written; raise what kept it from being so."""
        entry = _Entry(item)
        with self._lock:
            self._waiting.append(entry)
            leads, self._is_led = not self._is_led, True
        if not leads:
            entry.turn.acquire()
        if not entry.is_written:
            self._lead()
        if entry.error is not None:
            raise entry.error

    def _lead(self) -> None:
        with self._lock:
            entries, self._waiting = self._waiting, []
        try:
            self._write_all(entries)
        finally:
            self._hand_over()
            for follower in entries[1:]:
                follower.turn.release()

    def _write_all(self, entries: Sequence[_Entry[Item]]) -> None:
        failure: Exception | None = RuntimeError("the writing thread was stopped")
        errors: Sequence[Exception | None] = [failure] * len(entries)
        try:
            errors = self._write([entry.item for entry in entries])
        except Exception as error:
            errors = [error] * len(entries)
        finally:
            for entry, each in zip(entries, errors, strict=True):
                entry.error, entry.is_written = each, True

    def _hand_over(self) -> None:
        with self._lock:
            self._is_led = bool(self._waiting)
            if self._is_led:
                self._waiting[0].turn.release()

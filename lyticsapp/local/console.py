"""What the demo prints: steps with their progress, on a terminal or in a log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

FIRST_AFTER_S = 2.0
LOG_EVERY_S = 10.0


class Console:
    """Writes lines; a step that lasts shows how far it is."""

    def __init__(self, out: TextIO) -> None:
        self.out = out

    def say(self, line: str = "") -> None:
        self.out.write(line + "\n")
        self.out.flush()

    @contextmanager
    def step(self, what: str) -> Iterator[Step]:
        """Show `what` while it lasts, and the time it took."""
        step = Step(self, what)
        step.show("")
        try:
            yield step
        except BaseException:
            self.say()
            raise
        step.done()


class Step:
    """One step under way."""

    def __init__(self, console: Console, what: str) -> None:
        self.console = console
        self.what = what
        self.result = ""
        self._began = time.monotonic()
        self._show_at = self._began + FIRST_AFTER_S
        self._width = 0

    def show(self, progress: str) -> None:
        """Tell how far it is: in place on a terminal, else a line now and then."""
        now = time.monotonic()
        if self.console.out.isatty():
            self._in_place(f"  {self.what} {progress}", end="")
        elif now >= self._show_at:
            self._show_at = now + LOG_EVERY_S
            self.console.say(f"  {self.what} {progress}".rstrip())

    def done(self) -> None:
        took = f"{time.monotonic() - self._began:.1f} s"
        line = f"  {self.what} {self.result}".rstrip() + f" ({took})"
        if self.console.out.isatty():
            self._in_place(line, end="\n")
        else:
            self.console.say(line)

    def _in_place(self, line: str, *, end: str) -> None:
        padding = " " * max(0, self._width - len(line))
        self._width = len(line)
        self.console.out.write(f"\r{line}{padding}{end}")
        self.console.out.flush()

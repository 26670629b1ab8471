"""Waiting for a condition, with a limit: the tests' only way to let time pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def wait_until(
    predicate: Callable[[], Value], *, timeout: float = 10, what: str
) -> Value:
    """Ask again until the answer is true, and return it; else fail saying `what`."""
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {timeout} s in vain for: {what}")
        time.sleep(0.02)

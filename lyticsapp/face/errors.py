"""How a change that a domain function refuses reaches the form it came from.

ChangeRefusedError
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class ChangeRefusedError(Exception):
    """A change was refused; its text is shown at the field, or above the form."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


@contextmanager
def refused_at(
    *errors: type[Exception],
    field: str | None = None,
    told: Callable[[Exception], str] = str,
) -> Iterator[None]:
    """Show these errors of a domain function in the form, at this field."""
    try:
        yield
    except errors as error:
        raise ChangeRefusedError(told(error), field) from error

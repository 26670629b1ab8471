"""What uses an authorization, asked of the package that knows; it stands higher."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lyticsapp.authorizations.models import Authorization


@dataclass(frozen=True, slots=True)
class Dependant:
    """A job that uses an authorization."""

    public_id: str
    label: str
    url: str
    """Its page in the admin, as a path."""


Finder = Callable[[Authorization], Sequence[Dependant]]
_finders: list[Finder] = []


def bind(finder: Finder) -> None:
    """Have those found that would stop without their authorization."""
    _finders[:] = [finder]


def dependants_of(authorization: Authorization) -> list[Dependant]:
    """The jobs that would stop without it."""
    return [each for finder in _finders for each in finder(authorization)]

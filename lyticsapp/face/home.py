"""The home page's parts; each package registers its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSection:
    """A part of the home page: a template, and what it is given."""

    key: str
    title: str
    order: int
    template: str
    context: Callable[[HttpRequest], Mapping[str, Any]]
    wide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStep:
    """Something to be done before the product does anything; it goes when done."""

    order: int
    title: str
    template: str
    is_done: Callable[[HttpRequest], bool]


_sections: dict[str, HomeSection] = {}
_first_steps: list[FirstStep] = []


def register(section: HomeSection) -> None:
    """Put a part on the home page."""
    if section.key in _sections:
        raise ValueError(f"home section {section.key!r} is registered twice")
    _sections[section.key] = section


def register_first_step(step: FirstStep) -> None:
    """Add one of the first steps."""
    _first_steps.append(step)


def sections() -> list[HomeSection]:
    """All parts, in order."""
    return sorted(_sections.values(), key=lambda section: section.order)


def first_steps() -> list[FirstStep]:
    """The first steps, in order."""
    return sorted(_first_steps, key=lambda step: step.order)

"""What pages declare: buttons, pages of an object, questions, what a deletion takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lyticsapp.accounts.models import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectPage:
    """A page about one object besides its form; it gets a button at the top."""

    path: str
    view: str
    label: str
    icon: str = ""
    role: Role = Role.VIEWER
    shown: Callable[[Any], bool] = lambda obj: True
    in_header: bool = True


@dataclass(frozen=True, slots=True)
class Button:
    """A link at the top of a page."""

    label: str
    url: str
    icon: str = ""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before a change."""

    title: str
    text: str
    button: str


@dataclass(frozen=True, slots=True)
class Deletion:
    """What deleting an object takes along, and what stands in its way."""

    consequences: Sequence[str] = ()
    obstacles: Sequence[str] = ()

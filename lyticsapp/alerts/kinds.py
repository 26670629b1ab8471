"""The kinds of alert there are; each package registers its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AlertKind:
    """A kind of alert, as people choose it in a list and programs know it."""

    name: str
    title: str
    meaning: str
    """What has happened, and when it is over."""


_kinds: dict[str, AlertKind] = {}


def register(kind: AlertKind) -> AlertKind:
    """Make a kind known, under a name of its own."""
    if _kinds.get(kind.name, kind) != kind:
        raise ValueError(f"the kind of alert {kind.name!r} is registered twice")
    _kinds[kind.name] = kind
    return kind


def get(name: str) -> AlertKind:
    """The kind of this name."""
    return _kinds[name]


def everything() -> list[AlertKind]:
    """All kinds, by title."""
    return sorted(_kinds.values(), key=lambda kind: kind.title)

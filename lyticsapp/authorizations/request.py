"""What a caller says an authorization should be, read from the documented JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lyticsapp.authorizations.lifecycle import Wanted
from lyticsapp.declaration.errors import InvalidSettingError

OWN = frozenset({"provider_id", "method", "label", "name", "description", "config"})
ANSWERED = frozenset(
    {
        "id",
        "type",
        "account_id",
        "provider_name",
        "provider_slug",
        "user_id",
        "health",
        "tested_at",
        "facts",
        "created",
        "updated",
        "modified_ms",
    }
)
"""Keys of answers; whoever sends an answer back sends them along."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a body says: the kind of authorization, where it is told, and the rest."""

    provider: str
    method: str
    wanted: Wanted


def read(body: Any) -> Said:
    """What is said; raises InvalidSettingError."""
    if not isinstance(body, dict):
        raise InvalidSettingError("body", "must be a JSON object.")
    for name in body:
        if name not in OWN | ANSWERED:
            raise InvalidSettingError(name, "is not a known key.")
    label = _text(body, "label")
    return Said(
        provider=_text(body, "provider_id") or "",
        method=_text(body, "method") or "",
        wanted=Wanted(
            label=_text(body, "name") if label is None else label,
            description=_text(body, "description"),
            settings=_settings(body.get("config")),
        ),
    )


def _text(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidSettingError(name, "must be a text.")
    return value


def _settings(config: Any) -> dict[str, Any]:
    """The documented array of names and values as one mapping."""
    entries = [] if config is None else config
    if not isinstance(entries, list):
        raise InvalidSettingError("config", "must be an array of names and values.")
    settings: dict[str, Any] = {}
    for number, entry in enumerate(entries):
        here = f"config[{number}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise InvalidSettingError(here, 'must be {"name": …, "value": …}.')
        if entry["name"] in settings:
            raise InvalidSettingError(here, f"names {entry['name']!r} again.")
        settings[entry["name"]] = entry.get("value")
    return settings

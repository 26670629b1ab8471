"""A profile as messages and the API show it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from segments.profiles.fields import cast, root_of
from segments.profiles.models import FieldType
from segments.profiles.typed import gather_maps


def render(
    fields: Mapping[str, Any],
    types: Mapping[str, FieldType],
    created_at: datetime,
    modified_at: datetime,
) -> dict[str, Any]:
    """Typed values by name, dotted names gathered into maps, instants in RFC 3339."""
    shown: dict[str, Any] = {
        "_created": rfc3339(created_at),
        "_modified": rfc3339(modified_at),
    }
    for name, value in fields.items():
        if root_of(name) is None and types.get(name) is not FieldType.MAP:
            shown[name] = _shown(cast(value, types[name]) if name in types else value)
    for root, members in gather_maps(fields, types).items():
        shown[root] = {key: _shown(value) for key, value in members.items()}
    return shown


def rfc3339(instant: datetime) -> str:
    """An instant in UTC, to the microsecond: `2017-03-18T06:12:36.829070Z`."""
    return instant.isoformat(timespec="microseconds")[:26] + "Z"


def _shown(value: Any) -> Any:
    return rfc3339(value) if isinstance(value, datetime) else value

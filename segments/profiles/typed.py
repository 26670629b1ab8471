"""A profile's fields with their types applied, as filters read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from segments.profiles.fields import CASTS, cast, root_of
from segments.profiles.models import FieldType

_AS_STORED = frozenset({FieldType.INT, FieldType.BOOL})


class Schema:
    """The field types of an account, prepared for the names that filters use."""

    def __init__(
        self, types: Mapping[str, FieldType], used: Iterable[str] = ()
    ) -> None:
        self.types = types
        used = frozenset(used)
        self._casts = {
            name: CASTS[types[name]]
            for name in used
            if name in types and types[name] not in _AS_STORED
        }
        self._maps = frozenset(n for n in used if types.get(n) is FieldType.MAP)

    def cast_of(self, name: str) -> Callable[[Any], Any] | None:
        """What gives this field's values their type; None where they have it."""
        return self._casts.get(name)

    def typed(
        self, fields: Mapping[str, Any], created_at: datetime, modified_at: datetime
    ) -> dict[str, Any]:
        """All fields, those that filters use with their types."""
        values = dict(fields)
        casts = self._casts
        # Accounts may have far more fields than a profile, or than filters use.
        for name in casts.keys() & fields.keys():
            value = fields[name]
            if value is not None and value != "":
                values[name] = casts[name](value)
        if self._maps:
            self._gather_maps(values, fields)
        values["_created"] = created_at
        values["_modified"] = modified_at
        return values

    def retype(
        self, values: dict[str, Any], fields: Mapping[str, Any], changed: Iterable[str]
    ) -> None:
        """Bring `values` up to date with the fields that changed."""
        gather = False
        for name in changed:
            value = fields[name]
            if value is not None and value != "" and name in self._casts:
                value = self._casts[name](value)
            values[name] = value
            gather = gather or name in self._maps or root_of(name) in self._maps
        if gather:
            self._gather_maps(values, fields)

    def _gather_maps(self, values: dict[str, Any], fields: Mapping[str, Any]) -> None:
        for root, members in gather_maps(fields, self.types).items():
            if root in self._maps:
                values[root] = members


def gather_maps(
    fields: Mapping[str, Any], types: Mapping[str, FieldType]
) -> dict[str, dict[str, Any]]:
    """The maps that flattened names make up, one level deep, values typed."""
    maps: dict[str, dict[str, Any]] = {}
    for name, value in fields.items():
        root = root_of(name)
        if root is None:
            if types.get(name) is FieldType.MAP:
                maps.setdefault(name, {})[""] = value
        else:
            typed = cast(value, types[name]) if name in types else value
            maps.setdefault(root, {})[name[len(root) + 1 :]] = typed
    return maps

"""Query parameters in the spellings the documents allow."""

from __future__ import annotations

import re
from datetime import timedelta

from django.http import QueryDict
from rest_framework.exceptions import ParseError

UNITS = {"h": "hours", "m": "minutes", "s": "seconds"}
_TRUE = frozenset({"1", "t", "true", "y", "yes", "on"})
_FALSE = frozenset({"0", "f", "false", "n", "no", "off"})


def list_param(params: QueryDict, name: str) -> list[str]:
    """`a=1`, `a=1,2`, `a=[1,2]`, `a=1&a=2` and `a[]=1&a[]=2`; each value once."""
    found: dict[str, None] = {}
    for text in (*params.getlist(name), *params.getlist(f"{name}[]")):
        listed = text.strip()
        if listed.startswith("[") and listed.endswith("]"):
            listed = listed[1:-1]
        found.update(dict.fromkeys(_unquoted(part) for part in listed.split(",")))
    found.pop("", None)
    return list(found)


def bool_param(params: QueryDict, name: str, *, default: bool) -> bool:
    """A yes or no; the default where it is absent or empty."""
    text = params.get(name, "").strip().lower()
    if not text:
        return default
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ParseError(f'{name}: "{text}" is neither true nor false.')


def duration(name: str, text: str) -> timedelta:
    """A time as the documents write it, such as `720h`; h, m or s."""
    parts = re.fullmatch(r"(\d{1,6})([hms])", text.strip())
    if parts is None:
        raise ParseError(f"{name}: must be a time such as 720h; h, m or s.")
    return timedelta(**{UNITS[parts[2]]: int(parts[1])})


def _unquoted(part: str) -> str:
    return part.strip().strip("\"'")

"""Values in JSON: what plain JSON lacks is an object with one key that starts with $."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

from segments.filterql.coerce import as_float, text_time
from segments.filterql.values import FAILED, MISSING, Mixed, MixedMap, Texts

DEEPEST_VALUE = 50
_TERM = re.compile(r"[+-][0-9]{1,18}[yMwdhms]", re.ASCII)
_RELATIVE = re.compile(rf"now(?:{_TERM.pattern})*", re.ASCII)
_NUMBERS = {
    "NaN": math.nan,
    "Inf": math.inf,
    "+Inf": math.inf,
    "-Inf": -math.inf,
}


class WireError(ValueError):
    """A question whose parts are not of the documented form."""


def decode_context(context: Any, types: Any, now: datetime) -> dict[str, Any]:
    context = {} if context is None else context
    types = {} if types is None else types
    if not isinstance(context, dict):
        raise WireError('"context" is not an object')
    if not isinstance(types, dict):
        raise WireError('"types" is not an object')
    return {
        name: _as_type(decode(value, now), types.get(name), now)
        for name, value in context.items()
    }


def decode(value: Any, now: datetime, depth: int = 0) -> Any:
    if depth > DEEPEST_VALUE:
        raise WireError("a value is nested too deeply")
    if isinstance(value, list):
        return [decode(item, now, depth + 1) for item in value]
    if type(value) is int and not -(2**63) <= value < 2**63:
        return as_float(value)
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (key,) = value
        if key.startswith("$"):
            return _special(key, value[key], now, depth)
    return {key: decode(item, now, depth + 1) for key, item in value.items()}


def _special(key: str, content: Any, now: datetime, depth: int) -> Any:
    if key == "$time" and isinstance(content, str):
        moment = _time(content, now)
        if moment is not None:
            return moment
    if key == "$number":
        number = _number(content)
        if number is not None:
            return number
    if key in ("$list", "$strings") and isinstance(content, list):
        items = decode(content, now, depth + 1)
        return Mixed(items) if key == "$list" else Texts(items)
    if key == "$map" and isinstance(content, dict):
        pairs = content.items()
        return MixedMap({name: decode(item, now, depth + 1) for name, item in pairs})
    raise WireError(f"{key} does not hold a value of its kind")


def _time(text: str, now: datetime) -> datetime | None:
    """A date, or now with any number of terms after it: "now-2d+1m"."""
    if not _RELATIVE.fullmatch(text):
        return text_time(text, now)
    moment: datetime | None = now
    for term in _TERM.findall(text):
        moment = None if moment is None else text_time(f"now{term}", moment)
    return moment


def _number(content: Any) -> float | None:
    if isinstance(content, str):
        return _NUMBERS.get(content)
    if isinstance(content, bool) or not isinstance(content, int | float):
        return None
    return as_float(content) if isinstance(content, int) else content


def _as_type(value: Any, wanted: Any, now: datetime) -> Any:
    """The value as the type says, where JSON leaves it open."""
    if wanted in ("time", "date") and type(value) is str:
        return text_time(value, now) or value
    if wanted == "number" and type(value) is int:
        return as_float(value)
    if type(value) is list and wanted in ("[]value", "list"):
        return Mixed(value)
    if type(value) is list and wanted == "[]string":
        return Texts(value)
    if type(value) is dict and wanted == "map[string]value":
        return MixedMap(value)
    if type(value) is dict and wanted == "map[string]number":
        return {k: as_float(v) if type(v) is int else v for k, v in value.items()}
    return value


def time_in_json(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def encode(value: Any) -> Any:
    if value is MISSING or value is FAILED:
        return None
    if isinstance(value, datetime):
        return {"$time": time_in_json(value)}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$number": "NaN" if math.isnan(value) else f"{value:+}"[0] + "Inf"}
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {str(key): encode(item) for key, item in value.items()}
    return value

"""Conversions between types, as the engine converts (qlbridge value/coerce.go)."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from segments.filterql.datemath import shifted_now
from segments.filterql.dates import parse_date
from segments.filterql.values import Texts, in_utc, is_key_list

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZERO_TIME = datetime(1, 1, 1, tzinfo=UTC)
NAN = float("nan")
SMALLEST_INT = -(2**63)
ENGINES_NIL_INT = -(2**31)
EARLIEST_YEAR, LATEST_YEAR = 1800, 2120

_FLOAT = re.compile(
    r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)", re.ASCII
)
_INT = re.compile(r"[+-]?[0-9]{1,20}")
_MONEY = str.maketrans("", "", "$,£€ ")
_NAMED_FLOATS = {"inf", "infinity", "nan"}
_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))


def strict_int(text: str) -> int | None:
    if not _INT.fullmatch(text):
        return None
    value = int(text)
    return value if SMALLEST_INT <= value < 2**63 else None


def strict_float(text: str) -> float | None:
    if _FLOAT.fullmatch(text):
        value = float(text)
        return None if math.isinf(value) else value
    if text.lower().lstrip("+-") in _NAMED_FLOATS and len(text) < 10:
        try:
            return float(text)
        except ValueError:
            return None
    return None


def loose_float(text: str) -> float:
    """The number a text holds, money signs and spaces aside; NaN where it has none."""
    value = strict_float(text)
    if value is None:
        value = strict_float(text.translate(_MONEY))
    return NAN if value is None else value


def loose_int(text: str) -> int | None:
    for attempt in (text, text.translate(_MONEY)):
        if attempt.startswith("0x"):
            continue
        if "." in attempt:
            number = strict_float(attempt)
            value = None if number is None else truncated(number)
        else:
            value = strict_int(attempt)
        if value is not None:
            return value
    return None


def truncated(number: float) -> int:
    """The whole part in 64 bits; what has none there is the smallest integer."""
    if math.isnan(number) or not -(2.0**63) <= number < 2.0**63:
        return SMALLEST_INT
    return int(number)


def text_bool(text: str) -> bool | None:
    if text in _TRUE:
        return True
    return False if text in _FALSE else None


def wrapped(value: int) -> int:
    """An integer as 64 bits hold it."""
    if SMALLEST_INT <= value < 2**63:
        return value
    return (value + 2**63) % 2**64 - 2**63


def as_float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def milliseconds(moment: datetime) -> int:
    return (in_utc(moment) - EPOCH) // timedelta(milliseconds=1)


def seconds(moment: datetime) -> int:
    """Unix seconds; what is left of a second does not count."""
    since = in_utc(moment) - EPOCH
    return since.days * 86400 + since.seconds


def to_int(value: Any) -> int | None:
    match value:
        case bool() | None:
            return None
        case int():
            return None if value == ENGINES_NIL_INT else wrapped(value)
        case float():
            return None if math.isnan(value) else truncated(value)
        case str():
            return loose_int(value)
        case datetime():
            return None if is_zero(value) else milliseconds(value)
        case list():
            first = value[0] if value else None
            return None if isinstance(first, list) else to_int(first)
    return None


def to_float(value: Any) -> float | None:
    match value:
        case bool():
            return float(value)
        case int():
            return None if value == ENGINES_NIL_INT else as_float(value)
        case float():
            return None if math.isnan(value) else value
        case str():
            number = loose_float(value)
            return None if math.isnan(number) else number
        case datetime():
            return None if is_zero(value) else float(milliseconds(value))
    return None


def to_bool(value: Any) -> bool | None:
    match value:
        case bool():
            return value
        case int() | float() | datetime():
            return (
                {0: False, 1: True}.get(to_int(value) or 0)
                if (to_int(value) is not None)
                else None
            )
        case str():
            return text_bool(value)
    return None


def to_time(value: Any, now: datetime) -> datetime | None:
    if type(value) is str:
        return text_time(value, now)
    if type(value) is datetime:
        return in_utc(value)
    if type(value) in (list, Texts) and value and type(value[0]) is str:
        return text_time(value[0], now)
    if type(value) in (int, float):
        return number_time(value)
    return None


def text_time(text: str, now: datetime) -> datetime | None:
    if text[:3].lower() == "now":
        return shifted_now(text, now)
    return parse_date(text)


def number_time(value: int | float) -> datetime | None:
    """A number read as the text of a date: Unix time by its count of digits."""
    moment = parse_date(to_text(value) or "")
    if moment is None or not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        return None
    return moment


def to_text(value: Any) -> str | None:
    """A value's text as membership tests compare it; None for null."""
    match value:
        case None:
            return None
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return "" if value == ENGINES_NIL_INT else str(wrapped(value))
        case float():
            return float_text(value)
        case datetime():
            return str(milliseconds(value))
        case list():
            return ",".join(_item_text(item) for item in value)
        case dict():
            pairs = sorted((str(key), _item_text(item)) for key, item in value.items())
            return f"map[{' '.join(f'{key}:{text}' for key, text in pairs)}]"
    return ""


def scalar_text(value: Any) -> str | None:
    """The one text functions take a value for: a list is its first item."""
    match value:
        case datetime():
            return time_text(value)
        case list():
            return to_text(value[0]) if value else None
        case dict():
            return next(iter(value)) if is_key_list(value) else None
        case bool() | str():
            return to_text(value)
    return None if is_nil(value) else to_text(value)


def time_text(moment: datetime) -> str:
    """A moment as the engine writes one: 2015-12-18 10:20:30.5 +0000 UTC."""
    moment = in_utc(moment).astimezone(UTC)
    fraction = f".{moment.microsecond:06}".rstrip("0") if moment.microsecond else ""
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"


def _item_text(item: Any) -> str:
    """An item of a list; what lies deeper than one level has no text."""
    return "" if isinstance(item, list | dict) else to_text(item) or ""


def float_text(value: float) -> str:
    """The shortest text, whole digits up to 21 places as the engine prints them."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    text = repr(value)
    if "e+" in text and abs(value) < 1e21:
        return format(Decimal(text), "f")
    return text.removesuffix(".0")


def is_zero(moment: datetime) -> bool:
    return in_utc(moment) == ZERO_TIME


def is_nil(value: Any) -> bool:
    """Whether the engine takes a value for nothing: "", NaN, empty lists and maps."""
    match value:
        case None:
            return True
        case bool():
            return False
        case float():
            return math.isnan(value)
        case int():
            return value == ENGINES_NIL_INT
        case datetime():
            return is_zero(value)
        case str() | list() | dict():
            return not value
    return False


def fixed_time(value: Any) -> datetime | None:
    """The moment a value is or names, whatever the present one."""
    if isinstance(value, datetime):
        return in_utc(value)
    if isinstance(value, str):
        return parse_date(value)
    return number_time(value) if type(value) in (int, float) else None

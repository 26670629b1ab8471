"""Functions of the present moment and of moments in text."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from segments.filterql.coerce import (
    EPOCH,
    milliseconds,
    scalar_text,
    seconds,
    strict_float,
    strict_int,
    text_time,
    to_time,
)
from segments.filterql.datemath import shifter
from segments.filterql.dates import parse_date
from segments.filterql.functions.registry import Context, function
from segments.filterql.functions.text import if_short
from segments.filterql.layouts import parse_by_layout
from segments.filterql.motion import (
    RESTLESS,
    Grain,
    Motion,
    as_itself,
    as_number,
    in_steps_of,
    steps_from,
)
from segments.filterql.nodes import Node, Text
from segments.filterql.values import MISSING, in_utc

Reader = TypeVar("Reader", bound=Callable[[datetime], Any])
_DIRECTIVE = re.compile(r"%([aAwdbBmyYHIpMSfzZjUWcxX%])")


def _moment(value: Any) -> datetime | None:
    """The moment a value is or names; a number is read by its digits."""
    if isinstance(value, datetime):
        return in_utc(value).astimezone(UTC)
    text = scalar_text(value)
    return None if text is None else parse_date(text)


def _of_moment(read: Callable[[datetime], Any]) -> Callable[..., Any]:
    """A function of the given moment, or of now where none is given."""

    def answer(context: Context, *given: Any) -> Any:
        moment = _moment(given[0]) if given else context.now
        return MISSING if moment is None else read(moment)

    return answer


@function("now()", 0, wants_context=True, reads_clock=True, follows=as_itself)
def now(context: Context) -> datetime:
    """The present moment."""
    return context.now


def _as_date(arguments: tuple[Node, ...], given: Motion) -> Motion:
    """In a layout it is read as a text."""
    return RESTLESS if len(arguments) == 2 else as_itself(arguments, given)


@function(
    "todate([layout,] x)",
    (1, 2),
    wants_context=True,
    follows=_as_date,
    reads_moments=True,
)
def todate(context: Context, *given: Any) -> Any:
    """The moment that a text or a number names, in a layout of Go if one is given."""
    value = given[-1]
    if len(given) == 2:
        layout, text = scalar_text(given[0]), scalar_text(value)
        moment = None if not layout or not text else parse_by_layout(layout, text)
        return MISSING if moment is None else moment
    if isinstance(value, datetime):
        return value
    text = scalar_text(value)
    moment = None if text is None else text_time(text, context.now)
    return MISSING if moment is None else moment


def _zone_problem(arguments: tuple[Node, ...]) -> str:
    """Why a zone, or a moment relative to now, will not do; empty where they will."""
    moment, zone = arguments
    if not isinstance(zone, Text):
        return "todatein wants the name of a time zone, like America/Los_Angeles"
    try:
        ZoneInfo(zone.value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return f"unknown time zone {zone.value}"
    relative = isinstance(moment, Text) and moment.value[:3].lower() == "now"
    if relative and isinstance(moment, Text) and shifter(moment.value) is None:
        return f'"{moment.value}" is no moment: now, a sign, a number, one of yMwdhms'
    return ""


@function(
    "todatein(x, zone)",
    2,
    wants_context=True,
    check=_zone_problem,
    follows=as_itself,
    reads_moments=True,
)
def todatein(context: Context, value: Any, zone: Any) -> Any:
    """The moment that a text names in a time zone, where it names none itself."""
    text = scalar_text(value)
    if isinstance(value, datetime):
        return value
    if text is None or type(zone) is not str:
        return MISSING
    relative = text[:3].lower() == "now"
    moment = (
        text_time(text, context.now) if relative else parse_date(text, ZoneInfo(zone))
    )
    return MISSING if moment is None else moment


@function("totimestamp(x)", 1, follows=as_number)
def totimestamp(value: Any) -> Any:
    """The moment in Unix seconds."""
    moment = _moment(value)
    return MISSING if moment is None else seconds(moment)


def _of_time(
    signature: str, grain: Grain, summary: str, aliases: tuple[str, ...] = ()
) -> Callable[[Reader], Reader]:
    """Register a function of a moment, which is now where none is given."""

    def register(read: Reader) -> Reader:
        answer = _of_moment(read)
        answer.__doc__ = summary
        function(
            signature,
            (0, 1),
            aliases=aliases,
            wants_context=True,
            reads_clock=True,
            follows=in_steps_of(grain),
        )(answer)
        return read

    return register


@_of_time("yy([x])", Grain.YEAR, "The year in its century.")
def _year(moment: datetime) -> int:
    year = moment.year
    if year >= 2000:
        return year - 2000
    return year - 1900 if year >= 1900 else year


@_of_time("mm([x])", Grain.MONTH, "The month, 1 to 12.", ("monthofyear",))
def _month(moment: datetime) -> int:
    return moment.month


@_of_time("yymm([x])", Grain.MONTH, "Year and month as a text of four digits.")
def _year_and_month(moment: datetime) -> str:
    return f"{moment.year % 100:02}{moment.month:02}"


@_of_time("dayofweek([x])", Grain.DAY, "The day of the week, 0 is Sunday.")
def _weekday(moment: datetime) -> int:
    return moment.isoweekday() % 7


@_of_time("hourofday([x])", Grain.HOUR, "The hour of the day.")
def _hour(moment: datetime) -> int:
    return moment.hour


@_of_time(
    "hourofweek([x])", Grain.HOUR, "The hour of the week, from Sunday at midnight."
)
def _hour_of_week(moment: datetime) -> int:
    return _weekday(moment) * 24 + moment.hour


@function("seconds(x)", 1)
def in_seconds(value: Any) -> Any:
    """A number, a duration "M:SS" or a date in seconds."""
    if type(value) in (int, float):
        return float(value)
    if type(value) is not str:
        return MISSING
    moment = parse_date(value)
    if moment is not None:
        return float(seconds(moment))
    minutes, colon, rest = value.removeprefix("M").partition(":")
    if not colon:
        number = _number(minutes)
        return MISSING if number is None else number
    total = 60 * (_number(minutes) or 0.0) + (_number(rest) or 0.0)
    positive = (_number(minutes) or 0) > 0 or (_number(rest) or 0) > 0
    return total if positive and ":" not in rest else MISSING


def _number(text: str) -> float | None:
    whole = strict_int(text)
    return strict_float(text) if whole is None else float(whole)


_GRAINS = {
    Grain.YEAR: "Yy",
    Grain.MONTH: "mbB",
    Grain.DAY: "dajAwWUx",
    Grain.HOUR: "HIp",
    Grain.MINUTE: "M",
    Grain.SECOND: "SfcX",
}


def _as_written(arguments: tuple[Node, ...], given: Motion) -> Motion:
    """In the steps of the finest directive."""
    layout = arguments[1]
    if not isinstance(layout, Text):
        return RESTLESS
    used = set(_DIRECTIVE.findall(layout.value))
    grains = (grain for grain, directives in _GRAINS.items() if used & {*directives})
    return steps_from(max(grains, default=Grain.NEVER), given)


@function("strftime(x, format)", 2, aliases=("extract",), follows=_as_written)
def formatted(value: Any, layout: Any) -> Any:
    """The moment as a text, by directives such as %Y, %m and %d."""
    moment, form = _moment(value), scalar_text(layout)
    if moment is None or form is None:
        return MISSING
    return if_short(_written(moment, form))


@lru_cache(maxsize=4096)
def _written(moment: datetime, form: str) -> str:
    """Kept, as the days of a year are asked of one profile after the other."""
    return _DIRECTIVE.sub(lambda found: moment.strftime(found[0]), form)


@function(
    "unixtrunc(x[, precision])",
    (1, 2),
    wants_context=True,
    follows=as_number,
    reads_moments=True,
)
def unixtrunc(context: Context, value: Any, *precision: Any) -> Any:
    """Unix time as a text: seconds, or to the precision s, ms or sm."""
    if not precision:
        moment = _moment(value)
        return MISSING if moment is None else str(seconds(moment))
    moment = to_time(value, context.now)
    unit = scalar_text(precision[0])
    if moment is None or unit is None:
        return MISSING
    return _truncated(moment, unit.lower())


def _truncated(moment: datetime, unit: str) -> Any:
    millis = milliseconds(moment)
    if unit in ("ms", "milliseconds"):
        return str(millis)
    if unit in ("s", "seconds"):
        return _with_fraction(millis, 3)
    if unit in ("sm", "secondsmicro"):
        return _with_fraction((moment - EPOCH) // timedelta(microseconds=1), 6)
    return MISSING


def _with_fraction(count: int, digits: int) -> str:
    """Seconds and their fraction, which as in the engine is cut towards zero."""
    whole, rest = divmod(abs(count), 10**digits)
    return f"{-whole if count < 0 else whole}.{rest:0{digits}}"

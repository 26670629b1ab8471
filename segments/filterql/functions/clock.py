"""Functions of the present moment and of moments in text."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from segments.filterql.coerce import to_time
from segments.filterql.functions.registry import Context, function
from segments.filterql.values import MISSING


@function("now()", 0, wants_context=True, reads_clock=True)
def now(context: Context) -> datetime:
    """The present moment."""
    return context.now


@function("todate(x)", 1, wants_context=True)
def todate(context: Context, value: Any) -> Any:
    """The moment that a text or a number names; "now-3d" too."""
    moment = to_time(value, context.now)
    return MISSING if moment is None else moment

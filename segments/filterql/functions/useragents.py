"""Functions on the User-Agent header."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from segments.filterql.coerce import scalar_text
from segments.filterql.functions.registry import function
from segments.filterql.useragents import FEATURES, parse_user_agent
from segments.filterql.values import MISSING


@function("useragent(x, feature)", 2)
def feature_of(value: Any, feature: Any) -> Any:
    """A feature of a User-Agent header, by one of the names that the map has."""
    header, name = scalar_text(value), scalar_text(feature)
    if not header or name not in FEATURES:
        return MISSING
    return getattr(parse_user_agent(header), name) or MISSING


@function("useragent.map(x)", 1)
def features_of(value: Any) -> Any:
    """A User-Agent header as a map of texts: bot, browser, browser_version and so on."""
    header = scalar_text(value)
    return asdict(parse_user_agent(header)) if header else MISSING

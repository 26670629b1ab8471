"""Functions on URLs."""

from __future__ import annotations

from typing import Any

import re2

from segments.filterql.coerce import scalar_text, to_text
from segments.filterql.functions.registry import function
from segments.filterql.nodes import Node, Number, Text
from segments.filterql.urls import URL, encoded, parse_url, query_decoded
from segments.filterql.values import MISSING, Texts


def _first_text(value: Any) -> str:
    """A text, or the first of a list; empty where there is none."""
    if isinstance(value, list):
        return (to_text(value[0]) or "") if value else ""
    return value if type(value) is str else ""


def texts_of(value: Any) -> list[str]:
    """A text or the texts of a list."""
    if isinstance(value, list):
        return [to_text(item) or "" for item in value]
    return [value] if type(value) is str else []


def with_scheme(text: str) -> str:
    return text if text.startswith("http") else f"http://{text}"


def _assumed(text: str) -> str:
    """With http:// where the text looks like a host and not like a path."""
    if len(text) > 6 and "/" not in text[:5]:
        return with_scheme(text)
    return text


@function("host(url)", 1)
def host(value: Any) -> Any:
    """The host of a URL, in lower case and with its port."""
    text = _first_text(value)
    url = parse_url(with_scheme(text.lower())) if text else None
    return MISSING if url is None else url.host


@function("hosts(url, …)", (1, None))
def hosts(*values: Any) -> Any:
    """The hosts of URLs."""
    texts = [text for value in values for text in texts_of(value)]
    urls = (parse_url(with_scheme(text.lower())) for text in texts if text)
    return Texts(url.host for url in urls if url is not None) or MISSING


@function("path(url)", 1)
def path(value: Any) -> Any:
    """The path of a URL, in lower case."""
    text = _first_text(value).lower()
    url = parse_url(_assumed(text)) if text else None
    return MISSING if url is None else url.path


@function("urlmain(url)", 1)
def urlmain(value: Any) -> Any:
    """Host and path of a URL."""
    text = _first_text(value)
    url = parse_url(text) if text else None
    return MISSING if url is None else url.host + url.path


@function("urldecode(x)", 1)
def urldecode(value: Any) -> Any:
    """The text without the escapes of a query string."""
    text = _first_text(value)
    decoded = query_decoded(text) if text else None
    return MISSING if decoded is None else decoded


@function("qs(url, name)", 2, aliases=("qsl",))
def qs(value: Any, name: Any) -> Any:
    """A parameter of the URL in lower case."""
    return _parameter(_first_text(value).lower(), name)


@function("qs2(url, name)", 2)
def qs2(value: Any, name: Any) -> Any:
    """A parameter of the URL."""
    return _parameter(_first_text(value), name)


def _parameter(text: str, name: Any) -> Any:
    key = scalar_text(name)
    url = parse_url(_assumed(text)) if text and key else None
    if url is None or key is None:
        return MISSING
    return url.parameters().get(key, [""])[0] or MISSING


@function("urlminusqs(url, name)", 2)
def urlminusqs(value: Any, name: Any) -> Any:
    """The URL without one parameter."""
    text, key = _first_text(value), scalar_text(name)
    url = parse_url(_assumed(text)) if text and key else None
    if url is None or key is None:
        return MISSING
    parameters = url.parameters()
    start = f"{url.scheme}://{url.host}{url.path}"
    if key not in parameters:
        return f"{start}?{url.query}"
    del parameters[key]
    return f"{start}?{encoded(parameters.items())}" if parameters else start


def _pattern_problem(arguments: tuple[Node, ...]) -> str:
    """Why a pattern will not do, empty where all will."""
    for pattern in arguments[1:]:
        if not isinstance(pattern, Text | Number) or pattern.value == "":
            return "url.matchqs wants patterns that are texts"
        if _pattern(str(pattern.value)) is None:
            return f"{pattern.value} is no regular expression"
    return ""


def _pattern(text: str) -> re2._Regexp | None:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except (re2.error, UnicodeEncodeError):
        return None


@function("url.matchqs(url, pattern, …)", (1, None), check=_pattern_problem)
def matchqs(value: Any, *patterns: Any) -> Any:
    """Host and path of a URL, and the parameters whose names match a pattern."""
    text = _first_text(value)
    url = parse_url(text) if text else None
    if url is None:
        return MISSING
    kept = _matching(url, [_pattern(to_text(pattern) or "") for pattern in patterns])
    return f"{url.host}{url.path}{'?' if kept else ''}{encoded(kept)}"


def _matching(
    url: URL, patterns: list[re2._Regexp | None]
) -> list[tuple[str, list[str]]]:
    return [
        (name, values)
        for name, values in url.parameters().items()
        if any(pattern and pattern.search(name) for pattern in patterns)
    ]

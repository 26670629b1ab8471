"""URLs, split as the engine splits them (Go's net/url)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote_plus, unquote, unquote_plus

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.\-]*):")
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_HOST = re.compile(r"[A-Za-z0-9\-_.~!$&'()*+,;=:\[\]<>\"\u0080-\U0010ffff]*")
_PORT = re.compile(r":[0-9]*")


@dataclass(frozen=True, slots=True)
class URL:
    """The parts of a URL; the path is decoded, the query is not."""

    scheme: str = ""
    host: str = ""
    path: str = ""
    query: str = ""

    def parameters(self) -> dict[str, list[str]]:
        """The parameters of the query; malformed ones are left out."""
        found: dict[str, list[str]] = {}
        for pair in self.query.split("&"):
            if not pair or ";" in pair or _BAD_ESCAPE.search(pair):
                continue
            name, _, value = pair.partition("=")
            key = unquote_plus(name)
            found.setdefault(key, []).append(unquote_plus(value))
        return found


def encoded(parameters: Iterable[tuple[str, list[str]]]) -> str:
    """A query of these parameters, sorted by name."""
    return "&".join(
        f"{quote_plus(name)}={quote_plus(value)}"
        for name, values in sorted(parameters)
        for value in values
    )


def parse_url(text: str) -> URL | None:
    """The parts of a URL, None where it is malformed."""
    text = text.partition("#")[0]
    if _CONTROL.search(text) or text.startswith(":"):
        return None
    scheme, rest = _split_scheme(text)
    rest, _, query = rest.partition("?")
    if not rest.startswith("/"):
        if scheme:
            return URL(scheme, query=query)
        if ":" in rest.partition("/")[0]:
            return None
    host = ""
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        host = authority.rpartition("@")[2]
        if not _is_host(host):
            return None
    if _BAD_ESCAPE.search(rest):
        return None
    return URL(scheme, host, unquote(rest, errors="replace"), query)


def _split_scheme(text: str) -> tuple[str, str]:
    match = _SCHEME.match(text)
    if match is None:
        return "", text
    return match[1].lower(), text[match.end() :]


def _is_host(host: str) -> bool:
    if host.startswith("["):
        closing = host.rfind("]")
        return closing > 0 and _is_port(host[closing + 1 :])
    colon = host.rfind(":")
    if colon >= 0 and not _is_port(host[colon:]):
        return False
    return _HOST.fullmatch(host) is not None


def _is_port(text: str) -> bool:
    return not text or _PORT.fullmatch(text) is not None


def query_decoded(text: str) -> str | None:
    """The text without the escapes of a query, None where one is malformed."""
    if _BAD_ESCAPE.search(text):
        return None
    return unquote_plus(text, errors="replace")

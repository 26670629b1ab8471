"""Functions on registered domains, by the public suffix list."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Any

from publicsuffixlist import PublicSuffixList

from segments.filterql.functions.registry import function
from segments.filterql.functions.web import texts_of, with_scheme
from segments.filterql.urls import parse_url
from segments.filterql.values import MISSING, Texts

SHORTEST_HOST = 3
SHORTEST_OF_SEVERAL = 4


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=4096)
def _registered(host: str) -> str | None:
    """The domain below a public suffix; a port counts as part of the name."""
    if len(host) < SHORTEST_HOST or _is_address(host):
        return None
    found: str | None = _suffixes().privatesuffix(host)
    return found


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _domain(text: str) -> str | None:
    url = parse_url(with_scheme(text.lower()))
    return None if url is None else _registered(url.host)


@function("domain(url)", 1)
def domain(value: Any) -> Any:
    """The registered domain of a URL or a host."""
    texts = texts_of(value)
    found = _domain(texts[0]) if texts else None
    return MISSING if found is None else found


@function("domains(url, …)", (1, None))
def domains(*values: Any) -> Any:
    """The registered domains of URLs or hosts."""
    texts = [text for value in values for text in texts_of(value)]
    found = (_domain(text) for text in texts if len(text) >= SHORTEST_OF_SEVERAL)
    return Texts(name for name in found if name is not None) or MISSING

"""Functions on e-mail addresses, written alone or as `Name <address>` (RFC 5322)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from segments.filterql.coerce import scalar_text, to_text
from segments.filterql.functions.registry import function
from segments.filterql.values import MISSING

LONGEST_ADDRESS = 1000

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]++"
_QUOTED = r'"(?:[^"\\\r\n]|\\.)*"'
_DOTTED = rf"{_ATOM}(?:\.{_ATOM})*"
_ADDRESS = rf"(?P<local>{_DOTTED}|{_QUOTED})@(?P<domain>{_DOTTED}|\[[^\[\]\\]+\])"
_NAMED = re.compile(
    rf"\s*(?P<name>(?:(?:{_ATOM}|{_QUOTED}|\.)\s*+)*+)<\s*{_ADDRESS}\s*>\s*"
)
_ALONE = re.compile(rf"\s*{_ADDRESS}\s*(?:\([^()]*\)\s*)?")


class Address(NamedTuple):
    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.partition("@")[2]


def parse_address(text: str) -> Address | None:
    """The name and the address a text holds, None where it holds no address."""
    if "@" not in text or len(text) > LONGEST_ADDRESS:
        return None
    match = _ALONE.fullmatch(text)
    if match:
        return Address("", f"{match['local']}@{match['domain']}")
    match = _NAMED.fullmatch(text)
    if match is None:
        return None
    return Address(_unquoted(match["name"]), f"{match['local']}@{match['domain']}")


def _unquoted(name: str) -> str:
    words = re.findall(rf"{_QUOTED}|[^\s\"]+", name)
    plain = (re.sub(r"\\(.)", r"\1", w[1:-1]) if w[0] == '"' else w for w in words)
    return " ".join(plain)


@function("email(x)", 1)
def email(value: Any) -> Any:
    """The address in lower case, without a name."""
    if isinstance(value, list):
        value = to_text(value[0]) if value else None
    found = parse_address(value) if type(value) is str else None
    return MISSING if found is None else found.address.lower()


@function("emailname(x)", 1)
def emailname(value: Any) -> Any:
    """The name beside the address."""
    found = parse_address(scalar_text(value) or "")
    return MISSING if found is None else found.name


@function("emaildomain(x)", 1)
def emaildomain(value: Any) -> Any:
    """The domain of the address, in lower case."""
    found = parse_address((scalar_text(value) or "").lower())
    return MISSING if found is None else found.domain

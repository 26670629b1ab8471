"""Claims: what the holder of a token may do, and where."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit


class Claim(StrEnum):
    """A right, by the name that shared access policies give it."""

    SEND = "Send"
    LISTEN = "Listen"
    MANAGE = "Manage"


EVERYTHING = frozenset(Claim)


@dataclass(frozen=True)
class Grant:
    """Claims on what lies below a path of the namespace, until a time."""

    claims: frozenset[Claim]
    expires_at: float
    path: str = ""

    def allows(self, claim: Claim, path: str) -> bool:
        covered = f"{path}/".lower().startswith(f"{self.path}/".lstrip("/").lower())
        return covered and claim in self.claims and time.time() < self.expires_at


def path_of(resource: str) -> str:
    """The path below the namespace in `sb://host/hub`, `https://…` or `host/hub`."""
    address = resource if "://" in resource else f"sb://{resource}"
    return urlsplit(address).path.strip("/")

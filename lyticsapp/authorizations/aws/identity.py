"""The installation's own identity at AWS: of its environment, or of its instance.

Its ARN is what people trust when they delegate access.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from functools import lru_cache

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from lyticsapp.authorizations.aws.errors import NoIdentityError
from lyticsapp.authorizations.aws.session import Session

KEPT_S = 600.0
_ASSUMED = re.compile(r"arn:([^:]+):sts::(\d+):assumed-role/([^/]+)/.*")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the installation is."""

    arn: str
    """Of a user or a role, as policies name it."""
    account: str
    """The AWS account, 12 digits."""


class _Known:
    """The answer of AWS, none included, kept for a while."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked_at: float | None = None
        self._identity: Identity | None = None

    def get(self) -> Identity | None:
        with self._lock:
            now = time.monotonic()
            if self._asked_at is None or now - self._asked_at > KEPT_S:
                self._identity, self._asked_at = _ask(), now
            return self._identity

    def forget(self) -> None:
        with self._lock:
            self._asked_at = None


_known = _Known()


def of_installation() -> Identity | None:
    """The installation's identity; None where it has none that AWS takes."""
    return _known.get()


def required() -> Identity:
    """The installation's identity; raises NoIdentityError."""
    identity = of_installation()
    if identity is None:
        raise NoIdentityError
    return identity


@lru_cache(maxsize=1)
def session() -> Session:
    """The session of the installation itself."""
    return Session()


def forget() -> None:
    """Ask AWS again at the next use, with what the environment then says."""
    session.cache_clear()
    _known.forget()


def principal_of(arn: str) -> str:
    """The ARN by which policies name a caller: of a role rather than its session.

    STS leaves out a role's path, so a role that has one cannot be told.
    """
    assumed = _ASSUMED.fullmatch(arn)
    if assumed is None:
        return arn
    partition, account, name = assumed.groups()
    return f"arn:{partition}:iam::{account}:role/{name}"


def _ask() -> Identity | None:
    try:
        caller = session().client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        log.warning("no_aws_identity", reason=str(error))
        return None
    return Identity(principal_of(caller["Arn"]), caller["Account"])

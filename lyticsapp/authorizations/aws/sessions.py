"""The session of an authorization, kept until the authorization changes."""

from __future__ import annotations

import threading
from collections import OrderedDict

from botocore.credentials import Credentials as BotoCredentials

from lyticsapp.authorizations.aws import identity, roles
from lyticsapp.authorizations.aws.external_ids import external_id_of
from lyticsapp.authorizations.aws.session import RoleCredentials, Session
from lyticsapp.authorizations.credentials import Credentials, credentials_of
from lyticsapp.authorizations.models import Authorization

MOST_KEPT = 100


class _Kept:
    """Sessions by authorization and version; those used last where there are many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: OrderedDict[tuple[int, int], Session] = OrderedDict()

    def get(self, credentials: Credentials) -> Session:
        with self._lock:
            session = self._sessions.pop(credentials.key, None)
            if session is None:
                session = _made(credentials)
            self._sessions[credentials.key] = session
            while len(self._sessions) > MOST_KEPT:
                self._sessions.popitem(last=False)
            return session

    def forget(self) -> None:
        with self._lock:
            self._sessions.clear()


_kept = _Kept()


def session_of(credentials: Credentials) -> Session:
    """The session of what an authorization of AWS lets one in with."""
    return _kept.get(credentials)


def session_for(authorization: Authorization | None) -> Session:
    """The session of a job's authorization; without one, the installation's own.

    What the installation may reach as itself is told by grants: see
    `lyticsapp.authorizations.aws.buckets`. Raises NoIdentityError, DecryptionError.
    """
    if authorization is None:
        identity.required()
        return identity.session()
    return session_of(credentials_of(authorization))


def forget() -> None:
    """Make each session anew at its next use."""
    _kept.forget()


def _made(credentials: Credentials) -> Session:
    given = credentials.settings
    role_arn = given.get("role_arn")
    if role_arn is None:
        return Session(BotoCredentials(given["access_key"], given["secret_key"]))
    external_id = external_id_of(credentials.account_id)
    return Session(
        RoleCredentials(
            refresh_using=lambda: roles.refreshed(role_arn, external_id),
            method="assume-role",
        )
    )

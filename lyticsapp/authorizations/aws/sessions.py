"""The session of an authorization, kept until the authorization changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from botocore.credentials import Credentials as BotoCredentials

from lyticsapp.authorizations.aws import identity, roles
from lyticsapp.authorizations.aws.external_ids import external_id_of
from lyticsapp.authorizations.aws.session import RoleCredentials, Session
from lyticsapp.authorizations.credentials import Credentials

MOST_KEPT = 100


class _Kept:
    """Sessions by what they are made from; those used last where there are many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: OrderedDict[Hashable, Session] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Session]) -> Session:
        with self._lock:
            session = self._sessions.pop(key, None)
            if session is None:
                session = make()
            self._sessions[key] = session
            while len(self._sessions) > MOST_KEPT:
                self._sessions.popitem(last=False)
            return session

    def forget(self) -> None:
        with self._lock:
            self._sessions.clear()


_kept = _Kept()


def session_of(credentials: Credentials) -> Session:
    """The session of an authorization; where there is none, the installation's own.

    What the installation may reach as itself is told by grants: see
    `lyticsapp.authorizations.aws.buckets`. Raises NoIdentityError.
    """
    if not credentials.are_given:
        identity.required()
        return identity.session()
    return _kept.get(credentials.key, lambda: _made(credentials))


def session_as(role_arn: str, credentials: Credentials) -> Session:
    """The session of a role, with the account's external id.

    Keys assume it themselves; else the installation does, also in place of the role
    of an authorization. Raises NoIdentityError.
    """
    caller = None
    if "access_key" in credentials.settings:
        caller = session_of(credentials)
    else:
        identity.required()
    key = (*credentials.key, credentials.account_id, role_arn)
    return _kept.get(key, lambda: _assuming(role_arn, credentials.account_id, caller))


def forget() -> None:
    """Make each session anew at its next use."""
    _kept.forget()


def _made(credentials: Credentials) -> Session:
    given = credentials.settings
    role_arn = given.get("role_arn")
    if role_arn is None:
        return Session(BotoCredentials(given["access_key"], given["secret_key"]))
    return _assuming(role_arn, credentials.account_id, None)


def _assuming(role_arn: str, account_id: int, caller: Session | None) -> Session:
    external_id = external_id_of(account_id)
    return Session(
        RoleCredentials(
            refresh_using=lambda: roles.refreshed(role_arn, external_id, caller),
            method="assume-role",
        )
    )

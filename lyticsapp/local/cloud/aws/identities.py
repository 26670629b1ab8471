"""Who calls: the users, and the sessions of roles, that moto keeps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from moto.iam.models import IAMBackend, Role, User, iam_backends
from moto.sts.models import AssumedRole, sts_backends

from lyticsapp.local.cloud.aws.authorization import Caller
from lyticsapp.local.cloud.aws.errors import RefusedError
from lyticsapp.local.cloud.aws.policies import Principal
from lyticsapp.local.cloud.aws.resources import PARTITION


def caller(access_key_id: str, *, session_token: str) -> Caller:
    """Whose key this is.

    Raises RefusedError for a key that is unknown or switched off, a session that has
    expired, and a session token of another key.
    """
    found = _key(access_key_id)
    if found is None:
        raise RefusedError("unknown_key")
    backend, key = found
    if key.user_name:
        if key.status != "Active":
            raise RefusedError("unknown_key")
        if session_token:
            raise RefusedError("wrong_token")
        return _user(backend, backend.users[key.user_name], key.secret_access_key)
    return _session(backend, access_key_id, session_token)


def find_role(arn: str) -> Role | None:
    """The role of this ARN, in whichever account."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[4] not in iam_backends:
        return None
    roles: Iterable[Role] = _iam(parts[4]).roles.values()
    return next((role for role in list(roles) if role.arn == arn), None)


def sessions() -> list[AssumedRole]:
    """Every session there is or was, of all accounts."""
    return [
        session
        for account in list(sts_backends)
        for session in sts_backends[account][PARTITION].assumed_roles
    ]


def _key(access_key_id: str) -> tuple[IAMBackend, Any] | None:
    for account in list(iam_backends):
        backend = _iam(account)
        if access_key_id in backend.access_keys:
            return backend, backend.access_keys[access_key_id]
    return None


def _iam(account: str) -> IAMBackend:
    backend: IAMBackend = iam_backends[account][PARTITION]
    return backend


def _user(backend: IAMBackend, user: User, secret: str) -> Caller:
    groups = [group for group in list(backend.groups.values()) if user in group.users]
    return Caller(
        principal=Principal(arn=user.arn, account=backend.account_id),
        name=user.name,
        user_id=user.id,
        secret=secret,
        policies=[text for each in (user, *groups) for text in _documents(each)],
    )


def _session(backend: IAMBackend, access_key_id: str, session_token: str) -> Caller:
    # The newest are asked for most.
    known = reversed(sts_backends[backend.account_id][PARTITION].assumed_roles)
    session = next((s for s in known if s.access_key_id == access_key_id), None)
    role = find_role(session.role_arn) if session else None
    if session is None or role is None:
        raise RefusedError("unknown_key")
    if session.session_token != session_token:
        raise RefusedError("wrong_token")
    if session.expiration <= datetime.now(UTC).replace(tzinfo=None):
        raise RefusedError("expired_token")
    return Caller(
        principal=Principal(
            arn=session.arn, account=backend.account_id, role_arn=role.arn
        ),
        user_id=session.user_id,
        secret=session.secret_access_key,
        session_token=session.session_token,
        policies=list(_documents(role)),
        session_policy=session.policy or "",
    )


def _documents(holder: Any) -> Iterable[str]:
    """The policies of a user, group or role: its own, and those attached."""
    yield from holder.policies.values()
    for managed in holder.managed_policies.values():
        yield next(each.document for each in managed.versions if each.is_default)

"""API tokens: `at.<public id>.<secret>`, of which only a hash is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.errors import ExpiredTokenError, InvalidTokenError
from lyticsapp.accounts.identifiers import is_public_id, new_public_id
from lyticsapp.accounts.models import Account, ApiToken, Scope

PREFIX = "at"
SECRET_BYTES = 32
CACHE_SECONDS = 5.0
USE_RECORDED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token; `text` is shown once and kept nowhere."""

    token: ApiToken
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthenticatedToken:
    """What a call needs to know of its token, read once and kept for seconds."""

    token_id: int
    account_id: int
    identity_fields: tuple[str, ...]
    scopes: frozenset[str]
    expires_at: datetime | None
    secret_hash: str = field(repr=False)

    def allows(self, scope: Scope) -> bool:
        """Whether the token may be used for this."""
        return allows(self.scopes, scope)


def allows(scopes: Iterable[str], wanted: Scope) -> bool:
    """Whether these scopes include the one wanted; `admin` includes all."""
    return wanted.value in scopes or Scope.ADMIN.value in scopes


@transaction.atomic
def issue(
    *,
    account: Account,
    name: str,
    scopes: Iterable[Scope],
    actor: Actor,
    expires_at: datetime | None = None,
) -> IssuedToken:
    """A new token of the account."""
    public_id, secret = new_public_id(), secrets.token_hex(SECRET_BYTES)
    token: ApiToken = ApiToken.objects.create(
        account=account,
        public_id=public_id,
        name=name,
        secret_hash=_hash(secret),
        scopes=sorted({Scope(scope).value for scope in scopes}),
        created_by=actor.author,
        expires_at=expires_at,
    )
    audit.record(
        account=account,
        action="create",
        obj=token,
        changes={"name": name, "scopes": token.scopes},
        user=actor.user,
        token=actor.token,
    )
    return IssuedToken(token, f"{PREFIX}.{public_id}.{secret}")


@transaction.atomic
def revoke(token: ApiToken, *, actor: Actor) -> None:
    """End a token: it is refused everywhere within CACHE_SECONDS."""
    audit.record(
        account=token.account,
        action="revoke",
        obj=token,
        user=actor.user,
        token=None if actor.token == token else actor.token,
    )
    token.delete()
    cache.forget(token.public_id)


def verify(text: str) -> ApiToken:
    """The token with this text, with its account; raises a TokenError."""
    public_id, secret = _parts(text)
    token: ApiToken | None = (
        ApiToken.across_accounts.select_related("account", "created_by")
        .filter(public_id=public_id)
        .first()
    )
    if token is None or not hmac.compare_digest(token.secret_hash, _hash(secret)):
        raise InvalidTokenError
    _refuse_expired(token.expires_at)
    _record_use(token)
    return token


class TokenCache:
    """Tokens of this process, read again every few seconds.

    A call that finds its token here needs no query. A token that was revoked in
    another process is accepted for CACHE_SECONDS at most.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tokens: dict[str, tuple[float, AuthenticatedToken]] = {}

    def verify(self, text: str) -> AuthenticatedToken:
        """The token with this text; raises a TokenError."""
        public_id, secret = _parts(text)
        kept = self._tokens.get(public_id)
        if kept is None or self._clock() - kept[0] >= CACHE_SECONDS:
            return self._load(public_id, text)
        token = kept[1]
        if not hmac.compare_digest(token.secret_hash, _hash(secret)):
            raise InvalidTokenError
        _refuse_expired(token.expires_at)
        return token

    def forget(self, public_id: str) -> None:
        """Read this token again at its next use."""
        self._tokens.pop(public_id, None)

    def clear(self) -> None:
        """Read every token again at its next use."""
        self._tokens.clear()

    def _load(self, public_id: str, text: str) -> AuthenticatedToken:
        read_at = self._clock()
        self.forget(public_id)
        row = verify(text)
        token = AuthenticatedToken(
            token_id=row.pk,
            account_id=row.account_id,
            identity_fields=tuple(row.account.identity_fields),
            scopes=frozenset(row.scopes),
            expires_at=row.expires_at,
            secret_hash=row.secret_hash,
        )
        self._tokens[public_id] = (read_at, token)
        return token


cache = TokenCache()


def _parts(text: str) -> tuple[str, str]:
    prefix, _, rest = text.partition(".")
    public_id, _, secret = rest.partition(".")
    if prefix != PREFIX or not secret or not is_public_id(public_id):
        raise InvalidTokenError
    return public_id, secret


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _refuse_expired(expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= timezone.now():
        raise ExpiredTokenError


def _record_use(token: ApiToken) -> None:
    """Note the use unless one was noted within the last minute."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at >= USE_RECORDED_EVERY:
        ApiToken.across_accounts.filter(pk=token.pk).update(last_used_at=now)
        token.last_used_at = now

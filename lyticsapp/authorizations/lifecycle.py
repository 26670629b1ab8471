"""Creating, changing and deleting authorizations; each change is in the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.models import Account
from lyticsapp.authorizations import provider as providers
from lyticsapp.authorizations.dependencies import dependants_of
from lyticsapp.authorizations.errors import AuthorizationInUseError
from lyticsapp.authorizations.models import Authorization
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.declaration.settings import NOTHING_STORED, Stored, validate

LONGEST_LABEL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is said of an authorization; None where nothing is said."""

    label: str | None = None
    description: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)


def create(
    account: Account, provider: str, method: str, wanted: Wanted, actor: Actor
) -> Authorization:
    """New credentials.

    Raises UnknownProviderError, UnknownMethodError and InvalidSettingError.
    """
    way = providers.get(provider).method(method)
    stored = validate(way.fields, wanted.settings, NOTHING_STORED)
    made = Authorization(
        account=account,
        provider=provider,
        method=method,
        label=_checked_label(wanted.label),
        description=wanted.description or "",
        config=dict(stored.config),
        secrets=dict(stored.secrets),
        created_by=actor.author,
    )
    with transaction.atomic():
        made.save()
        _record("create", made, actor)
    return made


def update(authorization: Authorization, wanted: Wanted, actor: Actor) -> None:
    """Change what is said of it; whoever uses it goes on with what is new."""
    way = providers.get(authorization.provider).method(authorization.method)
    with transaction.atomic():
        kept = _locked(authorization)
        stored = validate(
            way.fields, wanted.settings, Stored(kept.config, kept.secrets)
        )
        if wanted.label is not None:
            kept.label = _checked_label(wanted.label)
        if wanted.description is not None:
            kept.description = wanted.description
        kept.config, kept.secrets = dict(stored.config), dict(stored.secrets)
        kept.save()
        _record("update", kept, actor)


def delete(authorization: Authorization, actor: Actor) -> None:
    """Forget it; raises AuthorizationInUseError, which names the jobs that need it."""
    with transaction.atomic():
        kept = _locked(authorization)
        users = dependants_of(kept)
        if users:
            raise AuthorizationInUseError([each.label for each in users])
        _record("delete", kept, actor)
        kept.delete()


def _locked(authorization: Authorization) -> Authorization:
    rows = Authorization.objects.for_account(authorization.account_id)
    locked: Authorization = rows.select_for_update().get(pk=authorization.pk)
    return locked


def _checked_label(label: str | None) -> str:
    text = (label or "").strip()
    if not text:
        raise InvalidSettingError("label", "is required.")
    if len(text) > LONGEST_LABEL:
        raise InvalidSettingError("label", f"is over {LONGEST_LABEL} characters.")
    return text


def _record(action: str, authorization: Authorization, actor: Actor) -> None:
    audit.record(
        account=authorization.account,
        action=action,
        obj=authorization,
        changes={
            "provider": authorization.provider,
            "method": authorization.method,
            "description": authorization.description,
            "config": authorization.config,
        },
        user=actor.user,
        token=actor.token,
    )

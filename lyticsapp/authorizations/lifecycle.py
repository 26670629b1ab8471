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
from lyticsapp.authorizations.encryption import DecryptionError
from lyticsapp.authorizations.errors import (
    AuthorizationInUseError,
    UnknownAuthorizationError,
)
from lyticsapp.authorizations.models import Authorization, Health
from lyticsapp.authorizations.provider import Method
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.declaration.settings import (
    NOTHING_STORED,
    Kind,
    Setting,
    Stored,
    reveal,
    validate,
)
from lyticsapp.masking import MASK

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
    stored = _checked(way, wanted.settings, NOTHING_STORED)
    made = Authorization(
        account=account,
        provider=provider,
        method=method,
        label=_checked_label(wanted.label),
        description=wanted.description or "",
        created_by=actor.author,
    )
    _keep(made, way, stored)
    with transaction.atomic():
        made.save()
        _record("create", made, _shown(made, way), actor)
    return made


def update(authorization: Authorization, wanted: Wanted, actor: Actor) -> None:
    """Change what is said of it; whoever uses it goes on with what is new.

    Raises InvalidSettingError and UnknownAuthorizationError.
    """
    way = providers.method_of(authorization)
    with transaction.atomic():
        kept = _locked(authorization)
        before, known = _readable(kept, way), _shown(kept, way)
        stored = _checked(way, wanted.settings, before)
        if wanted.label is not None:
            kept.label = _checked_label(wanted.label)
        if wanted.description is not None:
            kept.description = wanted.description
        if stored != before:
            _keep(kept, way, stored)
            kept.version += 1
            kept.health, kept.tested_at, kept.test_result = Health.UNKNOWN, None, []
        kept.save()
        changes = audit.differences(known, _shown(kept, way))
        if stored.secrets != before.secrets:
            changes["secrets"] = [MASK, MASK]
        _record("update", kept, changes, actor)


def delete(authorization: Authorization, actor: Actor) -> None:
    """Forget it; raises AuthorizationInUseError, which names the jobs that need it."""
    with transaction.atomic():
        kept = _locked(authorization)
        users = dependants_of(kept)
        if users:
            raise AuthorizationInUseError([each.label for each in users])
        _record("delete", kept, _shown(kept, providers.method_of(kept)), actor)
        kept.delete()


def _locked(authorization: Authorization) -> Authorization:
    rows = Authorization.objects.for_account(authorization.account_id)
    # What cannot be decrypted any more has to be mended or deleted all the same.
    locked: Authorization | None = (
        rows.filter(pk=authorization.pk).select_for_update().defer("secrets").first()
    )
    if locked is None:
        raise UnknownAuthorizationError(authorization.public_id)
    return locked


def _checked(way: Method, posted: Mapping[str, Any], before: Stored) -> Stored:
    known = [setting.name for setting in way.fields]
    for name in posted:
        if name not in known:
            takes = ", ".join(known) or "nothing"
            raise InvalidSettingError(
                name, f"is not asked for by {way.title}; it takes {takes}."
            )
    return validate(way.fields, posted, before)


def _keep(authorization: Authorization, way: Method, stored: Stored) -> None:
    """Put settings in, with what the method's check finds out of them."""
    authorization.found = way.check(reveal(stored))
    authorization.config = dict(stored.config)
    authorization.secrets = dict(stored.secrets)


def _readable(authorization: Authorization, way: Method) -> Stored:
    """Its settings; without the secrets where their key is lost, to be entered again."""
    try:
        return authorization.stored
    except DecryptionError:
        secret = {setting.name for setting in way.fields if _may_hide(setting)}
        shown = {n: each for n, each in authorization.config.items() if n not in secret}
        return Stored(shown, {})


def _may_hide(setting: Setting) -> bool:
    return setting.secret or setting.secret_entry is not None


def _checked_label(label: str | None) -> str:
    text = (label or "").strip()
    if not text:
        raise InvalidSettingError("label", "is required.")
    if len(text) > LONGEST_LABEL:
        raise InvalidSettingError("label", f"is over {LONGEST_LABEL} characters.")
    return text


def _shown(authorization: Authorization, way: Method) -> dict[str, Any]:
    """What the audit log tells of one; its settings are masked as they are stored."""
    long = {each.name for each in way.fields if each.kind is Kind.LONG_TEXT}
    return {
        "provider": authorization.provider,
        "method": authorization.method,
        "label": authorization.label,
        "description": authorization.description,
        **{n: each for n, each in authorization.config.items() if n not in long},
        "found": authorization.found,
    }


def _record(
    action: str, authorization: Authorization, changes: Mapping[str, Any], actor: Actor
) -> None:
    audit.record(
        account=authorization.account,
        action=action,
        obj=authorization,
        changes=changes,
        user=actor.user,
        token=actor.token,
    )

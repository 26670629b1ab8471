"""The audit log: who changed what, when. Secrets never go into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from lyticsapp.accounts.models import Account, ApiToken, AuditEntry, User

LABEL_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a person, an API token, or the system (neither)."""

    user: User | None = None
    token: ApiToken | None = None

    @property
    def author(self) -> User | None:
        """The person, or the one who made the token."""
        if self.user is not None:
            return self.user
        return self.token.created_by if self.token is not None else None


SYSTEM = Actor()


def record(
    *,
    account: Account,
    action: str,
    obj: models.Model,
    changes: Mapping[str, Any] | None = None,
    user: User | None = None,
    token: ApiToken | None = None,
) -> AuditEntry:
    """Write down one change; `changes` holds JSON values and no secret."""
    entry: AuditEntry = AuditEntry.objects.create(
        account=account,
        user=user,
        token=token,
        action=action,
        object_type=obj._meta.model_name or "",
        object_id=str(getattr(obj, "public_id", obj.pk)),
        object_label=str(obj)[:LABEL_LENGTH],
        changes=dict(changes or {}),
    )
    return entry


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, list[Any]]:
    """What a change made of it: `{name: [before, after]}`, None where there is none."""
    return {
        name: [before.get(name), after.get(name)]
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    }

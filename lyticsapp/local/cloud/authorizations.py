"""Authorizations for the stand-ins, ready to be chosen in a job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from lyticsapp.authorizations import lifecycle, lookup
from lyticsapp.authorizations.encryption import DecryptionError
from lyticsapp.authorizations.errors import UnknownAuthorizationError
from lyticsapp.authorizations.lifecycle import Wanted
from lyticsapp.authorizations.models import Authorization
from lyticsapp.declaration.settings import reveal
from lyticsapp.local.cloud.stand_ins import LOOPBACK, StandIns


@dataclass(frozen=True)
class _Ready:
    """An authorization as it is to be."""

    name: str
    """Under which `credentials.json` has its id."""
    provider: str
    method: str
    label: str
    settings: Mapping[str, Any]


def ensure(stand_ins: StandIns) -> dict[str, str]:
    """Make them, or bring them up to date; their ids by name.

    None where there is no account to have them.
    """
    known = stand_ins.home.credentials()
    account = _account(known.get("account_id"))
    if account is None:
        return {}
    # This process has read its settings before the addresses were chosen.
    settings.WEBHOOK_ALLOWED_NETWORKS = LOOPBACK.split(",")
    settings.AZURE_ENDPOINTS = [stand_ins.addresses["eventhub_namespace_url"]]
    return {
        ready.name: _ensure(account, ready, known.get(ready.name))
        for ready in _wanted(stand_ins)
    }


def _wanted(stand_ins: StandIns) -> list[_Ready]:
    secrets = stand_ins.secrets
    return [
        _Ready(
            "aws_authorization_id",
            "aws",
            "keys",
            "Local AWS",
            {
                "access_key": secrets["aws_access_key_id"],
                "secret_key": secrets["aws_secret_access_key"],
            },
        ),
        _Ready(
            "azure_authorization_id",
            "azure",
            "connection_string",
            "Local Event Hubs",
            {"connection_string": secrets["eventhub_connection_string"]},
        ),
    ]


def _ensure(account: Account, ready: _Ready, public_id: str | None) -> str:
    try:
        kept = lookup.get(account, public_id or "")
    except UnknownAuthorizationError:
        wanted = Wanted(label=ready.label, settings=ready.settings)
        kept = lifecycle.create(account, ready.provider, ready.method, wanted, SYSTEM)
    else:
        if not _is_so(kept, ready.settings):
            lifecycle.update(kept, Wanted(settings=ready.settings), SYSTEM)
    return kept.public_id


def _is_so(kept: Authorization, wanted: Mapping[str, Any]) -> bool:
    try:
        return reveal(kept.stored) == wanted
    except DecryptionError:
        return False


def _account(public_id: str | None) -> Account | None:
    accounts = Account.objects.order_by("pk")
    return accounts.filter(public_id=public_id).first() or accounts.first()

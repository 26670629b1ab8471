"""The external id of each account, which its roles ask for."""

from __future__ import annotations

from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.models import ExternalId


def external_id_of(account: Account | int) -> str:
    """The account's external id, made at its first use."""
    pk = account if isinstance(account, int) else account.pk
    row, _ = ExternalId.objects.for_account(pk).get_or_create(account_id=pk)
    value: str = row.value
    return value

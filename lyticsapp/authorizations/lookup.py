"""Finding the authorizations of an account."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet

from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.errors import UnknownAuthorizationError
from lyticsapp.authorizations.models import Authorization


def listing(account: Account) -> QuerySet[Authorization]:
    """Those of the account by label, without their secrets."""
    found: QuerySet[Authorization] = Authorization.objects.for_account(account)
    return (
        found.select_related("account", "created_by")
        .defer("secrets")
        .order_by("label", "pk")
    )


def usable(
    account: Account, provider: str, methods: Sequence[str]
) -> QuerySet[Authorization]:
    """Those of a provider, by one of these methods."""
    return listing(account).filter(provider=provider, method__in=methods)


def get(account: Account, public_id: str) -> Authorization:
    """The one of this id; raises UnknownAuthorizationError."""
    found = listing(account).filter(public_id=public_id).first()
    if found is None:
        raise UnknownAuthorizationError(public_id)
    return found

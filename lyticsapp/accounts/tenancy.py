"""Tenancy: the one place through which rows of an account are reached.

A model that belongs to an account derives from `AccountOwned`. Its `objects`
offers only `for_account` and `for_accounts`; whoever must look at the rows of
all accounts (a sweep, a migration, a check) says so by name: `across_accounts`.
A house test keeps `across_accounts` out of every view, serializer and admin.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from django.db import models
from django.db.models.manager import BaseManager

if TYPE_CHECKING:
    from lyticsapp.accounts.models import Account

OwnedModel = TypeVar("OwnedModel", bound=models.Model)


class ScopedManager(BaseManager[OwnedModel], Generic[OwnedModel]):
    """A manager whose only doors are the accounts one may see."""

    _queryset_class = models.QuerySet

    def all(self) -> NoReturn:
        """No door: rows of every account are never what a page or call wants."""
        raise TypeError("say which account: for_account, or across_accounts")

    def for_account(self, account: Account | int) -> models.QuerySet[OwnedModel]:
        """The rows of one account, given as the object or its primary key."""
        pk = account if isinstance(account, int) else account.pk
        return self.get_queryset().filter(account_id=pk)

    def for_accounts(
        self, accounts: Iterable[Account | int]
    ) -> models.QuerySet[OwnedModel]:
        """The rows of several accounts."""
        pks = [a if isinstance(a, int) else a.pk for a in accounts]
        return self.get_queryset().filter(account_id__in=pks)

    def create(self, *, account: Account, **values: Any) -> OwnedModel:
        """A new row of the given account."""
        return self.get_queryset().create(account=account, **values)


class AccountOwned(models.Model):
    """A row that belongs to one account and is seen by it alone."""

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE)

    across_accounts: models.Manager[Any] = models.Manager()
    objects: ScopedManager[Any] = ScopedManager()

    class Meta:
        abstract = True
        default_manager_name = "across_accounts"
        base_manager_name = "across_accounts"

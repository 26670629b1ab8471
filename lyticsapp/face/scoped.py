"""Whose rows pages show, and who may see and change them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest

from lyticsapp.accounts.models import Account, Role
from lyticsapp.accounts.tenancy import AccountOwned
from lyticsapp.face import current
from lyticsapp.face.unfolded import UnfoldModelAdmin


class ScopedModelAdmin(UnfoldModelAdmin):
    """Shows and offers the rows of the current account alone, and asks for roles."""

    view_role: ClassVar[Role] = Role.VIEWER
    change_role: ClassVar[Role] = Role.EDITOR

    # Rows

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """The rows of the current account."""
        rows = self.rows_of(current.account(request))
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def rows_of(self, account: Account) -> models.QuerySet[Any]:
        """All rows of an account that these pages are about."""
        owned: Any = self.model
        rows: models.QuerySet[Any] = owned.objects.for_account(account)
        return rows

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer rows of the current account alone."""
        self._scope_choices(db_field, request, kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer rows of the current account alone."""
        self._scope_choices(db_field, request, kwargs)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @staticmethod
    def _scope_choices(
        db_field: Any, request: HttpRequest, kwargs: dict[str, Any]
    ) -> None:
        related = db_field.related_model
        if issubclass(related, AccountOwned):
            kwargs["queryset"] = related.objects.for_account(current.account(request))

    # Roles

    def allows(self, request: HttpRequest, role: Role, obj: Any = None) -> bool:
        """Whether the person has the role in the account the object belongs to."""
        place = current.find_place(request)
        if place is None or not place.allows(role):
            return False
        return obj is None or self.account_id_of(obj) == place.account.pk

    def account_id_of(self, obj: Any) -> int:
        """The account an object belongs to."""
        account_id: int = obj.account_id
        return account_id

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.allows(request, self.view_role)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.view_role, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.allows(request, self.change_role)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.change_role, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.change_role, obj)

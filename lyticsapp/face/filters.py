"""List filters that offer the current account's rows alone."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import RelatedFieldListFilter
from django.http import HttpRequest

from lyticsapp.face import current


class AccountRelatedFilter(RelatedFieldListFilter):
    """Filters by a related row of the same account."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        """The related rows of the account, by the order their own page has."""
        return field.get_choices(
            include_blank=False,
            ordering=self.field_admin_ordering(field, request, model_admin),
            limit_choices_to={"account": current.account(request)},
        )

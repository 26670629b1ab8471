"""What the list of deliveries is narrowed by; each filter says it as the API does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.face import current
from segments.definitions.errors import UnknownSegmentError
from segments.definitions.models import Segment
from subscriptions import lookup, selection_query
from subscriptions.errors import UnknownSubscriptionError
from subscriptions.models import DeliveryState
from subscriptions.outcome import NAMES

OFFERED_AT_MOST = 500

NOT_FOUND = (InvalidSettingError, UnknownSegmentError, UnknownSubscriptionError)
"""What a query that means nothing raises."""


class QueryFilter(SimpleListFilter):
    """Filters by one parameter of `selection_query`."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        account = current.account(request)
        query = {str(self.parameter_name): self.value()}
        try:
            said = selection_query.read(account, query)
        except NOT_FOUND:
            return queryset.none()
        return queryset.filter(said.condition(account.pk))


class InstantFilter(QueryFilter):
    """Filters by when messages were created; an instant of one's own goes, too."""

    periods: ClassVar[Sequence[tuple[str, str]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        own = request.GET.get(str(self.parameter_name), "")
        others = [(own, own)] if own and own not in dict(self.periods) else []
        return [*self.periods, *others]


class SinceFilter(InstantFilter):
    """Those created since an instant."""

    title = "created"
    parameter_name = "since"
    periods = (
        ("now-15m", "Last 15 minutes"),
        ("now-1h", "Last hour"),
        ("now-1d", "Last 24 hours"),
        ("now-7d", "Last 7 days"),
    )


class UntilFilter(InstantFilter):
    """Those created before an instant."""

    title = "before"
    parameter_name = "until"
    periods = (
        ("now-15m", "15 minutes ago"),
        ("now-1h", "1 hour ago"),
        ("now-1d", "24 hours ago"),
        ("now-7d", "7 days ago"),
    )


class StateFilter(QueryFilter):
    """Filters by what became of messages."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return DeliveryState.choices


class OutcomeFilter(QueryFilter):
    """Filters by the class of the error of the last try."""

    title = "last try"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return _capitalized(NAMES)


class CauseFilter(QueryFilter):
    """Filters by what caused messages, without reading them all for a list."""

    title = "cause"
    parameter_name = "cause"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return _capitalized(selection_query.CAUSES)


class SubscriptionFilter(QueryFilter):
    """Filters by whom messages are for."""

    title = "subscription"
    parameter_name = "subscription"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        found = lookup.listing(current.account(request))[:OFFERED_AT_MOST]
        return sorted(((each.public_id, str(each)) for each in found), key=_label)


class SegmentFilter(QueryFilter):
    """Filters by a segment that messages tell of."""

    title = "segment"
    parameter_name = "segment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        found = Segment.objects.for_account(current.account(request)).order_by("name")
        return list(found.values_list("public_id", "name")[:OFFERED_AT_MOST])


FILTERS: list[Any] = [
    SinceFilter,
    UntilFilter,
    StateFilter,
    OutcomeFilter,
    SubscriptionFilter,
    SegmentFilter,
    CauseFilter,
]


def _capitalized(values: Iterable[str]) -> list[tuple[str, str]]:
    return [(value, value.capitalize()) for value in values]


def _label(choice: tuple[str, str]) -> str:
    return choice[1].lower()

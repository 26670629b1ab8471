"""Which messages are meant: what lists are narrowed by, and what is replayed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from subscriptions import message_id as message_ids
from subscriptions.models import Delivery, DeliveryState

COUNTED_AT_MOST = 10_000
_INSTANTS = ("since", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is said of messages; whatever is empty is not looked at."""

    ids: tuple[int, ...] = ()
    """Their sequence numbers."""
    message_id: str = ""
    subscription_id: int | None = None
    state: str = ""
    outcome: str = ""
    """Of the last try, as `subscriptions.outcome` names it: the class of the error."""
    cause: str = ""
    segment_id: int | None = None
    profile_id: int | None = None
    since: datetime | None = None
    """Created at this instant or later."""
    until: datetime | None = None
    """Created before this instant."""

    def condition(self, account_id: int) -> Q:
        """As a condition on the deliveries of an account."""
        said = {
            "pk__in": self.ids,
            "subscription": self.subscription_id,
            "state": self.state,
            "outcome": self.outcome,
            "cause": self.cause,
            "segment_ids__contains": [self.segment_id] if self.segment_id else [],
            "profile_id": self.profile_id,
            "created_at__gte": self.since,
            "created_at__lt": self.until,
        }
        # Of each subscription there is an index of these.
        if self.profile_id or self.state in (DeliveryState.PENDING, DeliveryState.DEAD):
            said["subscription__account_id"] = account_id
        condition = Q(**{name: value for name, value in said.items() if value})
        if self.message_id:
            condition &= _of_message(UUID(self.message_id))
        return condition


def _of_message(message_id: UUID) -> Q:
    """The deliveries of a message, by its number and an index of those sent again."""
    sequence = message_ids.sequence_of(message_id)
    if sequence is None:
        return Q(message_id=message_id)
    return Q(pk=sequence, message_id=message_id) | Q(
        replay__gt=0, message_id=message_id
    )


def deliveries(account_id: int, selection: Selection) -> QuerySet[Delivery]:
    """The messages of an account that are meant."""
    rows: QuerySet[Delivery] = Delivery.objects.for_account(account_id)
    return rows.filter(selection.condition(account_id))


def written(selection: Selection) -> dict[str, Any]:
    """What is said, as JSON."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(selection).items()
        if value
    }


def read(said: Mapping[str, Any]) -> Selection:
    """The selection that `written` wrote down."""
    values = dict(said)
    for name in _INSTANTS:
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    return Selection(**{**values, "ids": tuple(said.get("ids", ()))})

"""Why a user is in a segment or not, and until when if nothing happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from segments.definitions import lookup
from segments.definitions.models import Segment
from segments.filterql import Explained, FilterQLError, Node, explain, parse_filter
from segments.membership.models import Membership
from segments.profiles.models import Field, FieldType, Profile
from segments.profiles.typed import Schema


@dataclass(frozen=True, slots=True)
class Why:
    """What a segment's filter says of a user, beside the membership on record."""

    explained: Explained
    at: datetime
    """The moment at which the filter was asked."""
    membership: Membership | None
    """Since when the user is in the segment, or until when they were."""

    @property
    def is_member(self) -> bool:
        """Whether the user is in the segment, on record."""
        return self.membership is not None and self.membership.left_at is None

    @property
    def is_settled(self) -> bool:
        """Whether the record is what the filter says."""
        return self.is_member == self.explained.match


def why(segment: Segment, profile: Profile) -> Why:
    """Ask the segment's filter about a user of its account, now."""
    now = datetime.now(UTC)
    types = dict(
        Field.objects.for_account(segment.account_id).values_list("name", "type")
    )
    schema = Schema({name: FieldType(kind) for name, kind in types.items()}, types)
    values = schema.typed(profile.fields, profile.created_at, profile.modified_at)
    included = _Included(segment)
    return Why(
        explained=explain(_expression(segment), included.find, values, now),
        at=now,
        membership=Membership.objects.for_account(segment.account_id)
        .filter(segment=segment, profile=profile)
        .first(),
    )


class _Included:
    """The filters that a segment includes, each read once."""

    def __init__(self, segment: Segment) -> None:
        self._account = segment.account
        self._known: dict[str, Node | None] = {}

    def find(self, name: str) -> Node | None:
        if name not in self._known:
            segment = lookup.find(self._account, name)
            self._known[name] = None if segment is None else _expression(segment)
        return self._known[name]


def _expression(segment: Segment) -> Node | None:
    try:
        return parse_filter(segment.filterql).expression
    except FilterQLError:
        return None

"""How many users are in a segment."""

from __future__ import annotations

from segments.definitions.models import Segment
from segments.membership.models import Membership


def size_of(segment: Segment) -> int:
    """The number of users who are in the segment now."""
    members = Membership.objects.for_account(segment.account_id).filter(
        segment=segment, left_at__isnull=True
    )
    return members.count()

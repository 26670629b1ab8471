"""How many users are in a segment."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count

from segments.definitions.models import Segment
from segments.membership.models import Membership


def size_of(segment: Segment) -> int:
    """The number of users who are in the segment now."""
    members = Membership.objects.for_account(segment.account_id).filter(
        segment=segment, left_at__isnull=True
    )
    return members.count()


def sizes_of(segments: Sequence[Segment]) -> dict[int, int]:
    """The number of users who are in each segment of one account, by its key."""
    sizes = dict.fromkeys((segment.pk for segment in segments), 0)
    for account_id in {segment.account_id for segment in segments}:
        members = Membership.objects.for_account(account_id).filter(
            segment__in=list(sizes), left_at__isnull=True
        )
        counted = members.order_by().values("segment").annotate(users=Count("profile"))
        sizes.update(counted.values_list("segment", "users"))
    return sizes

"""How far the walks of several segments have come, by one query."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Sum

from segments.definitions.models import Progress, Recompute, Segment


def progress_of(segments: Iterable[Segment]) -> dict[int, Progress]:
    """The walks under way for segments, by the segment's key."""
    keys = {segment.pk: segment.account_id for segment in segments}
    walks = Recompute.objects.for_accounts(set(keys.values()))
    summed = walks.filter(segment__in=list(keys)).annotate(done=Sum("parts__done"))
    return {walk.segment_id: walk.progress_with(walk.done or 0) for walk in summed}

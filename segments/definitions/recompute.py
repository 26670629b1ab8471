"""Starting the walk over all profiles that a new or changed segment needs.

The walk itself is `segments.pipeline.recompute`: it evaluates, and tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from celery import current_app
from django.db import transaction
from django.db.models import Count, F, Max, Min, Q

from segments.definitions.models import Recompute, RecomputePart, Segment
from segments.profiles.models import Profile

TASK = "segments.pipeline.tasks.recompute"
MOST_PARTS = 16
LEAST_OF_A_PART = 2000


def start(segment: Segment, *, silent: bool) -> None:
    """Walk over all profiles again; inside `lock.exclusive` of the account.

    A silent walk takes what it finds as the baseline. A walk that was silent and
    has not ended stays so, as the rest of its profiles have no baseline yet.
    """
    under_way = Recompute.objects.for_account(segment.account_id).filter(
        segment=segment
    )
    silent = silent or under_way.filter(silent=True).exists()
    under_way.delete()
    ids = Profile.objects.for_account(segment.account_id).aggregate(
        first=Min("pk"), last=Max("pk")
    )
    if ids["last"] is None:
        return
    recompute = Recompute.objects.create(
        account=segment.account, segment=segment, silent=silent
    )
    parts = RecomputePart.objects.bulk_create(
        RecomputePart(recompute=recompute, cursor=cursor, last_profile_id=last)
        for cursor, last in split(ids["first"], ids["last"])
    )
    transaction.on_commit(lambda: hint(recompute, len(parts)))


def split(first: int, last: int) -> Iterator[tuple[int, int]]:
    """The ids from first to last in parts; each begins after its first number."""
    ids = last - first + 1
    parts = min(MOST_PARTS, -(-ids // LEAST_OF_A_PART))
    ends = [first - 1 + ids * part // parts for part in range(parts + 1)]
    yield from pairwise(ends)


def hint(recompute: Recompute, parts: int, expires_s: float | None = None) -> None:
    """Ask for as many workers as there are parts left; those too many find none."""
    for _ in range(parts):
        current_app.send_task(
            TASK, (recompute.segment_id, recompute.account_id), expires=expires_s
        )


def under_way() -> list[tuple[Recompute, int]]:
    """All walks of all accounts, with how many parts are left of each.

    One whose parts are all walked is still to be ended, which takes one worker.
    """
    left = Count("parts", filter=Q(parts__cursor__lt=F("parts__last_profile_id")))
    walks = Recompute.across_accounts.annotate(parts_left=left)
    return [(walk, max(1, walk.parts_left)) for walk in walks]

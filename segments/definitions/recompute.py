"""Starting the walk over all profiles that a new or changed segment needs.

The walk itself is `segments.pipeline.recompute`: it evaluates, and tells.
"""

from __future__ import annotations

from celery import current_app
from django.db import transaction
from django.db.models import Max

from segments.definitions.models import Recompute, Segment
from segments.profiles.models import Profile

TASK = "segments.pipeline.tasks.recompute"


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
    last = Profile.objects.for_account(segment.account_id).aggregate(last=Max("pk"))
    if last["last"] is None:
        return
    Recompute.objects.create(
        account=segment.account,
        segment=segment,
        silent=silent,
        last_profile_id=last["last"],
        total=0,
    )
    arguments = [segment.pk, segment.account_id]
    transaction.on_commit(lambda: current_app.send_task(TASK, arguments))

"""Deleting a segment that nothing depends on."""

from __future__ import annotations

from collections.abc import Sequence

from celery import current_app
from django.db import transaction

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from segments.definitions import lock
from segments.definitions.dependencies import refuse_if_used
from segments.definitions.errors import SegmentInUseError, UnknownSegmentError
from segments.definitions.models import Segment

SWEEP_TASK = "segments.membership.tasks.sweep_deleted_segments"


def delete_all(segments: Sequence[Segment], actor: Actor) -> None:
    """Delete these segments or none; those that include others among them first."""
    if not segments:
        return
    waiting = list(segments)
    with lock.exclusive(segments[0].account_id):
        while waiting:
            refused = [each for each in waiting if not _is_deleted(each, actor)]
            if len(refused) == len(waiting):
                refuse_if_used(refused[0])
            waiting = refused


def delete(segment: Segment, actor: Actor) -> None:
    """Delete the segment with its versions; nobody is told.

    It is gone for everyone at once. Who was in it, maybe millions, is swept away
    afterwards, so that no event waits for it.
    """
    with lock.exclusive(segment.account_id):
        current: Segment | None = (
            Segment.objects.for_account(segment.account_id)
            .select_related("account")
            .filter(pk=segment.pk)
            .first()
        )
        if current is None:
            raise UnknownSegmentError(segment.slug)
        refuse_if_used(current)
        audit.record(
            account=current.account,
            action="delete",
            obj=current,
            changes={"slug": current.slug, "filterql": current.filterql},
            user=actor.user,
            token=actor.token,
        )
        current.delete()
        transaction.on_commit(lambda: current_app.send_task(SWEEP_TASK))


def _is_deleted(segment: Segment, actor: Actor) -> bool:
    try:
        delete(segment, actor)
    except SegmentInUseError:
        return False
    return True

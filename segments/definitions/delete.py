"""Deleting a segment that nothing depends on."""

from __future__ import annotations

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from segments.definitions import lock
from segments.definitions.dependencies import refuse_if_used
from segments.definitions.errors import UnknownSegmentError
from segments.definitions.models import Segment


def delete(segment: Segment, actor: Actor) -> None:
    """Delete the segment with its versions and memberships; nobody is told."""
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

"""Celery tasks: hints to work that PostgreSQL holds."""

from __future__ import annotations

import time

from celery import shared_task

from segments.definitions import recompute as recomputes
from segments.pipeline import due
from segments.pipeline.batch import Lane
from segments.pipeline.due import due_heads
from segments.pipeline.pending import lane_heads
from segments.pipeline.recompute import Walk, walk
from segments.pipeline.set_aside import process_around
from segments.streams import hints

SLICE_S = 5.0  # a lane gives way to others after so long
WALK_SLICE_S = 1.0  # a walk sooner: profiles that are due wait in its queue
BUSY_RETRY_S = 0.05
WALK_HINT_EXPIRES_S = 2.0  # the sweep sends one a second: those that wait pile up


@shared_task(acks_late=True)
def process_lane(account_id: int, lane: int) -> None:
    """Apply the pending events of a lane until none are left or the slice is over."""
    hints.started(account_id, lane)
    ends = time.monotonic() + SLICE_S
    while True:
        batch = process_around(account_id, lane)
        if batch.lane is Lane.BUSY and hints.take(account_id, lane):
            # Whoever holds the lane may have looked just before our event came.
            process_lane.apply_async((account_id, lane), countdown=BUSY_RETRY_S)
        if not batch.more:
            return
        if time.monotonic() > ends:
            hints.hint(account_id, {lane})
            return


@shared_task
def sweep() -> None:
    """Find lanes and walks whose hint was lost, and profiles whose time has come."""
    for lane in lane_heads():
        hints.hint(lane.account_id, {lane.lane})
    for head in due_heads():
        evaluate_due.apply_async((head.account_id,), expires=WALK_HINT_EXPIRES_S)
    for under_way, parts_left in recomputes.under_way():
        recomputes.hint(under_way, parts_left, expires_s=WALK_HINT_EXPIRES_S)


@shared_task(acks_late=True)
def recompute(segment_id: int, account_id: int) -> None:
    """Walk a segment over the profiles until it is done or the slice is over."""
    ends = time.monotonic() + WALK_SLICE_S
    while walk(account_id, segment_id) is Walk.MORE:
        if time.monotonic() > ends:
            recompute.delay(segment_id, account_id)
            return


@shared_task(acks_late=True)
def evaluate_due(account_id: int) -> None:
    """Evaluate due profiles until none is left or the slice is over."""
    ends = time.monotonic() + WALK_SLICE_S
    since = due.evaluate_due(account_id)
    while since is not None:
        if time.monotonic() > ends:
            evaluate_due.delay(account_id)
            return
        since = due.evaluate_due(account_id, since)

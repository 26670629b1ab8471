"""Setting aside the events that cannot be applied, so that the others go on.

A batch that fails over what its events hold is cut into ever smaller ones. An event
that fails alone becomes a rejected record of its stream, with the reason.
"""

from __future__ import annotations

import structlog
from django.conf import settings
from django.db import connection

from segments.pipeline.batch import Batch, Lane, process
from segments.pipeline.errors import LimitError, UnappliedError

SMALLER_BY = 10

_REJECT = """
WITH done AS (
    DELETE FROM streams_pendingevent
    WHERE account_id = %s AND lane = %s AND event_id = %s
    RETURNING event_id, received_at
)
INSERT INTO streams_rejectedrecord
       (account_id, stream_id, raw, reason, position, filename, received_at)
SELECT e.account_id, e.stream_id, convert_to(e.body::text, 'UTF8'), %s, 1, '',
       e.received_at
FROM done JOIN streams_event e
  ON e.received_at = done.received_at AND e.id = done.event_id
"""

log = structlog.get_logger(__name__)


def process_around(account_id: int, lane: int) -> Batch:
    """Apply the next events of a lane, without those that cannot be applied.

    Raises ContentionError.
    """
    most = settings.PIPELINE_BATCH_EVENTS
    while True:
        try:
            return process(account_id, lane, most)
        except UnappliedError as error:
            most = max(1, len(error.event_ids) // SMALLER_BY)
            if len(error.event_ids) == 1:
                _set_aside(account_id, lane, error)
                return Batch(Lane.WORKED, more=True)


def _set_aside(account_id: int, lane: int, error: UnappliedError) -> None:
    (event_id,) = error.event_ids
    limit = error.__cause__ if isinstance(error.__cause__, LimitError) else None
    cause = str(limit or type(error.__cause__).__name__)
    log.error(
        "event_set_aside",
        account=account_id,
        event_id=event_id,
        error=cause,
        exc_info=error.__cause__,
    )
    reason = f"It was accepted, and could not be applied to a profile. {cause}"
    with connection.cursor() as cursor:
        cursor.execute(_REJECT, [account_id, lane, event_id, reason])

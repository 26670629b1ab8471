"""The size of a segment hour by hour, and how many entered and left.

Only movements are stored. The size now is counted, and each hour before it is what
undoing the movements since gives: so it is right now, whatever was forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from lyticsapp.accounts.models import Account
from segments.definitions.models import Segment

HOUR = timedelta(hours=1)

_HISTORY = """
WITH moved AS (
    SELECT segment_id, hour, entered, exited, settled FROM membership_segmenthour
    WHERE account_id = %(account)s AND segment_id = ANY(%(segments)s)
      AND hour >= %(since)s
    UNION ALL
    SELECT m.segment_id, date_trunc('hour', w.at, 'UTC'),
           CASE WHEN w.silent THEN 0 ELSE m.entered END,
           CASE WHEN w.silent THEN 0 ELSE m.exited END,
           CASE WHEN w.silent THEN m.entered - m.exited ELSE 0 END
    FROM membership_movement w, unnest(w.segment_ids, w.entered, w.exited)
         AS m (segment_id, entered, exited)
    WHERE w.account_id = %(account)s AND m.segment_id = ANY(%(segments)s)
      AND w.at >= %(since)s)
SELECT segment_id, hour, sum(entered), sum(exited), sum(settled), NULL FROM moved
GROUP BY segment_id, hour
UNION ALL
SELECT s.id, NULL, NULL, NULL, NULL, (
    SELECT count(*) FROM membership_membership m
    WHERE m.segment_id = s.id AND m.left_at IS NULL)
FROM definitions_segment s
WHERE s.account_id = %(account)s AND s.id = ANY(%(segments)s)
"""


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of a segment: its size at the end, who entered and who left in it."""

    begins: datetime
    size: int
    entered: int = 0
    exited: int = 0


@dataclass(frozen=True, slots=True)
class _Moved:
    entered: int
    exited: int
    settled: int


_STILL = _Moved(0, 0, 0)


def size_history(segment: Segment, *, hours: int) -> list[Hour]:
    """The last hours of a segment, the one that is under way last."""
    return size_histories(segment.account, [segment], hours=hours)[segment.pk]


def size_histories(
    account: Account, segments: Sequence[Segment], *, hours: int
) -> dict[int, list[Hour]]:
    """The last hours of segments by their key, all as of one instant."""
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    begins = [this_hour - back * HOUR for back in range(hours)]
    sizes, moved = _read(account, segments, begins[-1])
    return {
        segment.pk: _backwards(
            [each for each in begins if each >= segment.created_at - HOUR],
            sizes.get(segment.pk, 0),
            moved.get(segment.pk, {}),
        )
        for segment in segments
    }


def _backwards(
    begins: Iterable[datetime], size: int, moved: Mapping[datetime, _Moved]
) -> list[Hour]:
    """Hours in order of time, of which the last ends at this size."""
    hours = []
    for hour in begins:
        each = moved.get(hour, _STILL)
        hours.append(Hour(hour, max(size, 0), each.entered, each.exited))
        size -= each.entered - each.exited + each.settled
    return hours[::-1]


def _read(
    account: Account, segments: Sequence[Segment], since: datetime
) -> tuple[dict[int, int], dict[int, dict[datetime, _Moved]]]:
    """Sizes and movements, by one statement: they are of one instant."""
    wanted = [segment.pk for segment in segments]
    sizes: dict[int, int] = {}
    moved: dict[int, dict[datetime, _Moved]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            _HISTORY, {"account": account.pk, "segments": wanted, "since": since}
        )
        for segment_id, hour, entered, exited, settled, size in cursor.fetchall():
            if hour is None:
                sizes[segment_id] = size
            else:
                numbers = _Moved(int(entered), int(exited), int(settled))
                moved.setdefault(segment_id, {})[hour] = numbers
    return sizes, moved

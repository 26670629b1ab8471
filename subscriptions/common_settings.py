"""Settings of all channels: what is told of, what messages hold, how fast they go.

Named as the documented webhook job has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lyticsapp.declaration.settings import Choice, Kind, Setting
from lyticsapp.jobs.workflow import Field
from subscriptions import choices
from subscriptions.channel import Channel

MOST_FIELD_CHANGES = 75
MOST_WORKERS = 20
USUAL_WORKERS = 8
ENTERS_ONLY = "enters_only"
EXITS_ONLY = "exits_only"


def _check_field_changes(fields: Any) -> None:
    if len(fields) > MOST_FIELD_CHANGES:
        raise ValueError(
            f"names {len(fields)} fields; the most is {MOST_FIELD_CHANGES}."
        )


def _check_workers(count: Any) -> None:
    if not 1 <= count <= MOST_WORKERS:
        raise ValueError(f"must be 1 to {MOST_WORKERS}.")


def _check_rate(per_second: Any) -> None:
    if per_second < 1:
        raise ValueError("must be 1 or more; pause the job to send nothing.")


USER_FIELDS = Field(
    name="user_fields",
    label="Export Fields",
    help="The user fields that are sent; all where none are chosen.",
    kind=Kind.LIST,
    advanced=True,
    source=choices.user_fields,
)
AUDIENCE_EVENTS = Field(
    name="audience_events",
    label="Audience Events",
    help="What is told of: both where nothing is chosen.",
    advanced=True,
    choices=(
        Choice(ENTERS_ONLY, "Only who enters"),
        Choice(EXITS_ONLY, "Only who leaves"),
    ),
)
FIELD_CHANGES = Field(
    name="field_changes",
    label="Field Changes",
    help="A change in one of these user fields of a member is told of, too.",
    kind=Kind.LIST,
    advanced=True,
    source=choices.user_fields,
    check=_check_field_changes,
)
INCLUDE_SEGS = Field(
    name="include_segs",
    label="Include Segments",
    help="Each message lists the segments that the user is in.",
    kind=Kind.BOOLEAN,
    advanced=True,
)
WORKER_COUNT = Field(
    name="worker_count",
    label="Workers",
    help=f"How many sends may be on their way at once: 1 to {MOST_WORKERS}; "
    f"{USUAL_WORKERS} where nothing is entered.",
    kind=Kind.INTEGER,
    advanced=True,
    check=_check_workers,
)
RATE_LIMIT = Field(
    name="rate_limit",
    label="Rate Limit",
    help="The most messages a second; as many as the receiver takes where nothing is "
    "entered.",
    kind=Kind.INTEGER,
    advanced=True,
    check=_check_rate,
)
BACKFILL_RATE_LIMIT = Field(
    name="backfill_rate_limit",
    label="Backfill Rate Limit",
    help="The most messages a second about existing users; as many as are sent where "
    "nothing is entered. It can be changed while they are told of.",
    kind=Kind.INTEGER,
    advanced=True,
    check=_check_rate,
)
BACKFILL_SAMPLE = Field(
    name="backfill_sample",
    label="Backfill Sample",
    help="Tell of 1 % of the existing users first, always the same ones. The others "
    "are told of once this is taken back.",
    kind=Kind.BOOLEAN,
    advanced=True,
)
COMMON_SETTINGS: Sequence[Setting] = (
    USER_FIELDS,
    AUDIENCE_EVENTS,
    FIELD_CHANGES,
    INCLUDE_SEGS,
    WORKER_COUNT,
    RATE_LIMIT,
    BACKFILL_RATE_LIMIT,
    BACKFILL_SAMPLE,
)


def settings_of(way: Channel) -> Sequence[Setting]:
    """All settings of subscriptions to a channel: its own, and those of all."""
    return (*way.settings, *COMMON_SETTINGS)


def fields_named_by(way: Channel, config: Mapping[str, Any]) -> frozenset[str]:
    """The user fields that the settings of a channel name: it needs their values."""
    named: set[str] = set()
    for setting in way.settings:
        if isinstance(setting, Field) and setting.source is choices.user_fields:
            value = config.get(setting.name) or ()
            named.update([value] if isinstance(value, str) else value)
    return frozenset(named)

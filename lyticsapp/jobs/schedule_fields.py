"""The fields by which a job is scheduled, under the documents' labels.

A workflow that can be kept updated puts them among its fields where its document has
them; what they come to is the schedule.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from lyticsapp.declaration.settings import Choice, Kind
from lyticsapp.jobs.schedule import Frequency, Schedule
from lyticsapp.jobs.workflow import Direction, Field, Page, Setup

KEEP_UPDATED = "continuous_update"
FREQUENCY = "run_frequency"
TIME_OF_DAY = "time_of_day"
TIMEZONE = "timezone"

ZONES_A_PAGE = 50
_REPEATED = tuple(each for each in Frequency if each is not Frequency.ONCE)
_FREQUENCY_LABELS = {
    Direction.IMPORT: "File Upload Frequency",
    Direction.EXPORT: "File Export Frequency",
}


def keep_updated(direction: Direction, *, advanced: bool = False) -> Field:
    """Whether the job runs again and again."""
    return Field(
        name=KEEP_UPDATED,
        label="Keep Updated",
        help=f"Run this {direction.value} again and again.",
        kind=Kind.BOOLEAN,
        advanced=advanced,
    )


def frequency(direction: Direction) -> Field:
    """How often it does."""
    return Field(
        name=FREQUENCY,
        label=_FREQUENCY_LABELS[direction],
        help=f"How often to run the {direction.value}, if Keep Updated is selected.",
        choices=[Choice(each.value, each.value.capitalize()) for each in _REPEATED],
        default=Frequency.DAILY.value,
        advanced=True,
    )


def time_of_day(direction: Direction) -> Field:
    """At what time of day, from the second run on."""
    return Field(
        name=TIME_OF_DAY,
        label="Time of Day",
        help=f"When to start the {direction.value} after the first run, which starts "
        "at once. It counts for daily, weekly and monthly runs. Without one, the next "
        "run starts one period after the last one has ended.",
        choices=[
            Choice(f"{hour:02}:{minute:02}", f"{hour:02}:{minute:02}")
            for hour in range(24)
            for minute in (0, 30)
        ],
        advanced=True,
    )


def timezone() -> Field:
    """Whose time of day that is."""
    return Field(
        name=TIMEZONE,
        label="Timezone",
        help="The time zone of the Time of Day; UTC where none is chosen.",
        source=_zones,
        check=_check_zone,
        advanced=True,
    )


def schedule(config: Mapping[str, Any], since: datetime) -> Schedule:
    """What the settings of a job come to that was made at this time."""
    wanted = config.get(TIME_OF_DAY)
    return Schedule(
        frequency=Frequency(config.get(FREQUENCY, Frequency.DAILY.value))
        if config.get(KEEP_UPDATED)
        else Frequency.ONCE,
        time_of_day=time.fromisoformat(wanted) if wanted else None,
        zone=ZoneInfo(config.get(TIMEZONE, "UTC")),
        since=since,
    )


def _zones(setup: Setup, search: str, start: str) -> Page:
    sought = search.lower().replace(" ", "_")
    names = sorted(
        name
        for name in available_timezones()
        if ("/" in name or name == "UTC") and sought in name.lower() and name > start
    )
    shown = names[:ZONES_A_PAGE]
    following = shown[-1] if len(names) > ZONES_A_PAGE else ""
    return Page([Choice(name, name) for name in shown], following)


def _check_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValueError(f"{value!r} is no time zone; one is Europe/Berlin.")

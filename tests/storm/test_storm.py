"""Kills and outages under load lose nothing, double nothing and mix up nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lyticsapp.local.home import Home
from tests.installation import Installation
from tests.receiver import Receiver
from tests.storm import findings, model
from tests.storm.editing import Editing
from tests.storm.faults import Faults
from tests.storm.load import Load, User
from tests.waiting import wait_until

SEED = 20_260
SENDERS = 8
USERS = 48
UNDER_TWO_NAMES = 8
CAUSES = {"event", "schedule", "definition"}
REST_TIMEOUT_S = 240
FAIL_ONE_IN = 50
INCLUDING = {
    "storm_through": f"AND (INCLUDE {model.EDITED}, NOT INCLUDE {model.REBASED})"
}
"""Nobody is told of these, but they are to hold whom they should."""
PARTS = ("pipeline", "walks", "gunicorn", "beat", "delivery")


@dataclass(frozen=True, slots=True)
class Storm:
    """How hard it blows."""

    batch_kills: int
    walk_kills: int
    others: int
    """How often each of the other faults strikes."""
    parts: tuple[str, ...]
    """The parts that are killed whole, in turn."""
    waits_for_leases: bool


@pytest.mark.timeout(400)
def test_a_short_storm_loses_and_doubles_nothing(tmp_path: Path) -> None:
    run(tmp_path, Storm(4, 2, 1, (), waits_for_leases=False))


@pytest.mark.storm
@pytest.mark.timeout(1500)
def test_a_whole_storm_loses_and_doubles_nothing(tmp_path: Path) -> None:
    run(tmp_path, Storm(50, 30, 3, PARTS, waits_for_leases=True))


def run(directory: Path, storm: Storm) -> None:
    home = Home(path=directory / "home")
    rng = random.Random(SEED)
    with (
        Receiver(
            answer=lambda body: 503 if rng.randrange(FAIL_ONE_IN) == 0 else 200
        ) as receiver,
        Installation(home) as installation,
    ):
        _define(installation, receiver)
        users = [User(f"user-{n}", n < UNDER_TWO_NAMES) for n in range(USERS)]
        load = Load(installation, users, SENDERS)
        faults = Faults(installation, random.Random(SEED))
        editing = Editing(installation, _pages(faults))
        try:
            editing.start()
            load.start()
            for strike in _strikes(storm, faults):
                load.go_on()
                strike()
            editing.stop()
            with faults.part_killed("pipeline"):
                load.go_on()
                load.stop()
                faults.flush_redis()
        finally:
            load.stop()
            editing.stop()
        _wait_for_rest(faults, storm)
        editing.delete_what_passes()
        _wait_for_sweep(faults)
        with faults.connected() as connection:
            findings.check_events(connection, load)
            findings.check_profiles(connection, users)
            findings.check_messages(connection, users, receiver.received, editing.edits)
        assert installation.manage("verify")[0] == 0
        assert findings.causes(receiver.received) >= CAUSES
        assert faults.batches_cut_off() > 0
        assert load.unanswered, "no call met a fault"


def _define(installation: Installation, receiver: Receiver) -> None:
    filters = {slug: filter_.text for slug, filter_ in model.SEGMENTS.items()}
    for slug, text in (filters | INCLUDING).items():
        text = f"FILTER {text} FROM user ALIAS {slug}"
        installation.api("POST", "/api/segment", text)
    for name, slugs in model.SUBSCRIPTIONS.items():
        installation.api(
            "POST",
            "/api/subscription",
            {
                "name": name,
                "segment_ids": slugs,
                "channel": "webhook",
                "webhook_url": receiver.url,
            },
        )


def _pages(faults: Faults) -> dict[str, str]:
    """Where the admin edits each segment."""
    with faults.connected() as connection:
        found = connection.execute("SELECT slug, id FROM definitions_segment")
        return {slug: f"/admin/definitions/segment/{pk}/change/" for slug, pk in found}


def _strikes(storm: Storm, faults: Faults) -> list[Callable[[], None]]:
    """The faults, in an order that is random and the same each time."""
    strikes: list[Callable[[], None]] = [
        *[faults.kill_worker_in_batch] * storm.batch_kills,
        *[faults.kill_worker_in_walk] * storm.walk_kills,
    ]
    for _ in range(storm.others):
        strikes += [faults.flush_redis, faults.kill_web_process, faults.stop_postgres]
    strikes += [lambda part=part: faults.kill_part(part) for part in storm.parts]
    random.Random(SEED).shuffle(strikes)
    return strikes


def _wait_for_rest(faults: Faults, storm: Storm) -> None:
    with faults.connected() as connection:
        if not storm.waits_for_leases:
            findings.let_leases_run_out(connection)
        wait_until(
            lambda: findings.is_at_rest(connection),
            timeout=REST_TIMEOUT_S,
            what="everything to be applied and delivered",
        )


def _wait_for_sweep(faults: Faults) -> None:
    with faults.connected() as connection:
        wait_until(
            lambda: findings.is_rid_of_deleted_segments(connection),
            what="deleted segments to be swept away",
        )

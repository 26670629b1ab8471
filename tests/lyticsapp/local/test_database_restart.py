"""PostgreSQL is stopped and started again under workers that go on."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
import requests

from lyticsapp.local.home import Home
from tests.installation import Installation
from tests.subscriptions.inbox import Inbox
from tests.waiting import wait_until

PATIENCE_S = 60
WORKERS = ("pipeline", "walks", "delivery")

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("up")]


def test_workers_renew_their_connections(tmp_path: Path) -> None:
    home = Home(path=tmp_path / "home")
    with Inbox() as inbox, Installation(home) as installation:
        installation.api("POST", "/api/segment", 'FILTER plan = "pro" ALIAS pro')
        subscription = {
            "name": "test",
            "channel": "webhook",
            "webhook_url": inbox.url,
            "segment_ids": ["pro"],
        }
        installation.api("POST", "/api/subscription", subscription)
        # More users than the pool has processes: each has had a connection.
        before = [f"before{number}" for number in range(20)]
        _move_in(installation, inbox, before)
        workers = _processes(installation)
        assert len(workers) > len(WORKERS)

        server = installation.postgres()
        assert server is not None
        server.stop()
        wait_until(
            lambda: installation.postgres() is not None,
            timeout=PATIENCE_S,
            what="PostgreSQL to be started again",
        )
        after = [f"after{number}" for number in range(20)]
        _move_in(installation, inbox, after)
        assert _processes(installation) == workers


def _move_in(installation: Installation, inbox: Inbox, users: list[str]) -> None:
    """Have users enter the segment, one call each, and be told of."""
    for user in users:
        event = {"user_id": user, "plan": "pro"}
        wait_until(
            lambda event=event: _is_accepted(installation, event),
            timeout=PATIENCE_S,
            what=f"the event of {user} to be accepted",
        )
    wait_until(
        lambda: all(inbox.of(user) for user in users),
        timeout=PATIENCE_S,
        what="the messages to arrive",
    )


def _is_accepted(installation: Installation, event: dict[str, str]) -> bool:
    answer = requests.post(
        f"{installation.url}/collect/json/orders",
        json=event,
        headers={"Authorization": installation.token},
        timeout=30,
    )
    return answer.status_code == 200


def _processes(installation: Installation) -> set[int]:
    """The workers and the processes of their pools."""
    found: set[int] = set()
    for name in WORKERS:
        worker = installation.part(name)
        assert isinstance(worker, psutil.Process), f"{name} does not run"
        found |= {worker.pid, *(child.pid for child in worker.children())}
    return found

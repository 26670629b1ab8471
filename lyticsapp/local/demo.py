"""The main job where one can see it, from nothing, through the REST API alone.

Starts everything on a home of its own, loads the sample month, creates segments
and a webhook subscription, moves users in and out, and prints what the inbox
receives.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import requests

from lyticsapp.local import checks, environment, leftovers, processes, sample
from lyticsapp.local.client import Client, Inbox
from lyticsapp.local.console import Console
from lyticsapp.local.errors import HomeError, LocalError
from lyticsapp.local.files import read_json
from lyticsapp.local.home import Home
from lyticsapp.local.parts import HOST
from lyticsapp.local.servers import stop as stop_servers

DEFAULT_HOME = ".lyticsapp-demo"
# Only a home with this file in it is the demo's own, to be made afresh.
MARKER = "made-by-demo"
MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
START_TIMEOUT_S = 180
STOP_TIMEOUT_S = 90
LIMIT_S = 120

SEGMENTS = {
    "paying_users": '-- People who pay\nFILTER AND ( paying_user = "t" )'
    " FROM user ALIAS paying_users",
    "big_spenders": "-- People who pay and have spent a lot\n"
    f'FILTER AND ( paying_user = "t", lifetime_value > {sample.BIG_SPENDER} )'
    " FROM user ALIAS big_spenders",
}


@dataclass(frozen=True)
class Move:
    """An event that moves a user, and the moves it should be told by."""

    story: str
    event: dict[str, Any]
    expected: frozenset[tuple[str, str]]


def moves() -> list[Move]:
    """What happens to the first three people of the sample."""
    ada, ben, cleo = (person.user_id for person in sample.people()[:3])
    pays, big = "paying_users", "big_spenders"
    return [
        _move("Ada starts to pay", ada, {"paying_user": "t"}, enter=[pays]),
        _move("Ben cancels", ben, {"paying_user": "f"}, leave=[pays]),
        _move(
            "Cleo pays, and spends a lot",
            cleo,
            {"paying_user": "t", "lifetime_value": 640},
            enter=[pays, big],
        ),
        _move("Cleo gets a refund", cleo, {"lifetime_value": 120}, leave=[big]),
        _move("Ben comes back", ben, {"paying_user": "t"}, enter=[pays]),
    ]


def run(home: Home, *, port: int, once: bool, console: Console) -> None:
    """Show everything; stays until Ctrl-C unless `once`."""
    signal.signal(signal.SIGTERM, _interrupt)
    checks.port_is_free(HOST, port)
    _make_afresh(home)
    console.say(f"lyticsapp demo, in {home.path}")
    with _everything(home, port=port, console=console) as installation:
        credentials = home.credentials()
        client = Client(credentials["url"], credentials["api_token"])
        inbox = Inbox(credentials["inbox_url"])
        _load(client, console)
        _define(client, credentials["inbox_url"], console)
        _move_users(client, inbox, console)
        _say_where(credentials, console)
        if not once:
            console.say("Ctrl-C stops everything. New messages show up here.")
            _follow(inbox, installation, console)


def _move(
    story: str,
    user_id: str,
    change: dict[str, Any],
    *,
    enter: list[str] | None = None,
    leave: list[str] | None = None,
) -> Move:
    told = [("enter", slug) for slug in enter or []]
    told += [("exit", slug) for slug in leave or []]
    return Move(
        story=story, event={"user_id": user_id} | change, expected=frozenset(told)
    )


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _make_afresh(home: Home) -> None:
    """Start from nothing, but never remove a home that is not the demo's."""
    marker = home.path / MARKER
    if home.path.exists():
        if any(home.path.iterdir()) and not marker.exists():
            raise HomeError(
                f"{home.path} was not made by the demo, which starts from nothing:"
                " choose another --home."
            )
        if marker.exists():
            home.run.mkdir(exist_ok=True)
            lock = checks.take_home(home)
            leftovers.stop(home)
            stop_servers(home)
            lock.release()
            shutil.rmtree(home.path)
    try:
        home.path.mkdir(parents=True, exist_ok=True)
        marker.touch()
    except OSError as error:
        raise home.explain(error) from error


@contextmanager
def _everything(home: Home, *, port: int, console: Console) -> Iterator[psutil.Popen]:
    """`manage.py up --local-cloud` beside this process, stopped at the end."""
    home.logs.mkdir(exist_ok=True)
    log = home.logs / "up.log"
    command = [sys.executable, str(MANAGE), "up", "--local-cloud"]
    with log.open("wb") as output:
        installation = psutil.Popen(
            [*command, f"--home={home.path}", f"--port={port}"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment.without_placeholders(os.environ),
            start_new_session=True,
            preexec_fn=_end_with_the_demo,
        )
    try:
        with console.step("Starting PostgreSQL, Redis, web server, workers") as step:
            _wait_until_ready(installation, home, log=log, show=step.show)
        yield installation
    finally:
        console.say("Stopping everything.")
        processes.stop(installation, gently=signal.SIGTERM, timeout=STOP_TIMEOUT_S)


def _end_with_the_demo() -> None:
    processes.die_with_parent(signal.SIGTERM)


def _wait_until_ready(
    installation: psutil.Popen, home: Home, *, log: Path, show: Callable[[str], None]
) -> None:
    began = time.monotonic()
    while time.monotonic() < began + START_TIMEOUT_S:
        if not processes.is_alive(installation):
            reason = processes.tail(log, lines=1)
            raise LocalError(reason.removeprefix("CommandError: "))
        show(f"{time.monotonic() - began:.0f} s")
        if _is_ready(home):
            return
        time.sleep(0.2)
    raise LocalError(f"Not ready after {START_TIMEOUT_S} s; see {home.logs}.")


def _is_ready(home: Home) -> bool:
    credentials = read_json(home.credentials_file)
    if credentials is None:
        return False
    try:
        return requests.get(credentials["url"] + "/healthz", timeout=5).ok
    except requests.RequestException:
        return False


def _load(client: Client, console: Console) -> None:
    batches = list(sample.batches())
    total = sum(len(batch.events) for batch in batches)
    done = 0
    what = f"Loading {total:,} events, a month of {sample.USERS} users"
    with console.step(what) as step:
        for batch in batches:
            client.collect(batch.stream, batch.events, timestamp_field="at")
            done += len(batch.events)
            step.show(f"{done:,} of {total:,}")
    with console.step("Applying them to profiles") as step:
        _wait_for_empty_backlog(client, show=step.show)


def _wait_for_empty_backlog(client: Client, *, show: Callable[[str], None]) -> None:
    deadline = time.monotonic() + LIMIT_S
    backlog: dict[str, Any] | None = None
    while time.monotonic() < deadline:
        backlog = client.health()["backlog"]
        if backlog is not None and backlog["events"] == 0:
            return
        show(f"{backlog['events']:,} to go" if backlog else "")
        time.sleep(0.2)
    raise LocalError(
        f"The loaded events were not applied within {LIMIT_S} s: {backlog}."
    )


def _define(client: Client, inbox_url: str, console: Console) -> None:
    people = sample.people()
    sizes = {
        "paying_users": sum(person.paying for person in people),
        "big_spenders": sum(person.is_big_spender for person in people),
    }
    for slug, segmentql in SEGMENTS.items():
        with console.step(f"Creating segment {slug}") as step:
            client.create_segment(segmentql)
            _wait_for_size(client, slug, sizes[slug], show=step.show)
            step.result = f"with {sizes[slug]} users"
    client.create_subscription(
        {
            "name": "Demo inbox",
            "description": "Tells the built-in inbox who comes and goes",
            "channel": "webhook",
            "segment_ids": list(SEGMENTS),
            "webhook_url": f"{inbox_url}/demo",
        }
    )
    console.say(f"  Subscribed {inbox_url}/demo to both")


def _wait_for_size(
    client: Client, slug: str, size: int, *, show: Callable[[str], None]
) -> None:
    deadline = time.monotonic() + LIMIT_S
    found = -1
    while time.monotonic() < deadline:
        found = client.size_of(slug)
        if found == size:
            return
        show(f"{found} users")
        time.sleep(0.1)
    raise LocalError(
        f"Segment {slug} has {found} users after {LIMIT_S} s, not the {size} of the"
        " sample."
    )


def _move_users(client: Client, inbox: Inbox, console: Console) -> None:
    """Send the events one by one, each after the trigger of the one before."""
    deadline = time.monotonic() + LIMIT_S
    for move in moves():
        console.say()
        console.say(f"{move.story}: {json.dumps(move.event)}")
        sent_at = time.time()
        client.collect("demo", move.event)
        message = _wait_for(move, inbox, deadline=deadline)
        if message is None:
            raise LocalError(
                f"No trigger for “{move.story}” within {LIMIT_S} s."
                f" GET /healthz says: {json.dumps(client.health())}"
            )
        received = datetime.fromisoformat(message["received_at"]).timestamp()
        console.say(f"  {_told(message)}, after {(received - sent_at) * 1000:.0f} ms")
        console.say(f"  {message['text']}")


def _wait_for(move: Move, inbox: Inbox, *, deadline: float) -> dict[str, Any] | None:
    while time.monotonic() < deadline:
        for message in inbox.new_messages(wait_s=5):
            if _answers(message, move):
                return message
    return None


def _answers(message: dict[str, Any], move: Move) -> bool:
    data = message["json"]["data"]
    told = {(entry["event"], entry["slug"]) for entry in data["segment_events"]}
    return data.get("user_id") == move.event["user_id"] and told == move.expected


def _told(message: dict[str, Any]) -> str:
    entries = message["json"]["data"]["segment_events"]
    return " and ".join(f"{entry['event']} {entry['slug']}" for entry in entries)


def _say_where(credentials: dict[str, Any], console: Console) -> None:
    url, token = credentials["url"], credentials["api_token"]
    event = json.dumps({"user_id": sample.people()[0].user_id, "paying_user": "f"})
    console.say()
    console.say(f"Admin     {url}/admin/")
    console.say(f"Login     {credentials['admin_user']}")
    console.say(f"Password  {credentials['admin_password']}")
    console.say(f"Inbox     {credentials['inbox_url']}")
    console.say(f"Mailbox   {credentials['mailbox_url']}")
    console.say(f"API       {url}/docs/")
    console.say("Try next:")
    console.say(
        f"  curl -s -XPOST {url}/collect/json/demo -H 'Authorization: {token}'"
        f" -H 'Content-Type: application/json' -d '{event}'"
    )
    console.say()


def _follow(inbox: Inbox, installation: psutil.Popen, console: Console) -> None:
    while processes.is_alive(installation):
        for message in inbox.new_messages(wait_s=1):
            console.say(f"  {message['path']}: {message['text']}")
    raise LocalError("The installation has ended; see its logs.")

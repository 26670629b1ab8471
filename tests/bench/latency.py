"""From the sending of a collect call to the receipt of its webhook, under load.

Everything runs as `manage.py up` starts it. Each event moves its user into or out
of a segment, and the message tells which event it was.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from itertools import count
from statistics import median, quantiles
from urllib.parse import urlsplit

from lyticsapp.local.home import Home
from lyticsapp.local.parts import HOST
from tests.bench.figures import Figure, Finding
from tests.installation import Installation
from tests.receiver import Receiver
from tests.waiting import wait_until

MEDIAN_AIM = 8
P99_AIM = 40
EVENTS_PER_S = 100
USERS = 500
SENDERS = 8
WARM_UP_S = 5
FLOOR_CALLS = 300
ARRIVAL_TIMEOUT_S = 60
SEGMENT = "FILTER active = true FROM user ALIAS bench_active"


@dataclass(frozen=True, slots=True)
class Size:
    seconds: int


FULL = Size(seconds=120)
REDUCED = Size(seconds=20)


def measure(home: Home, size: Size) -> Finding:
    with (
        Receiver() as receiver,
        # One more home, as `up` starts and stops servers of its own.
        Installation(Home(path=home.path / "up")) as installation,
    ):
        load = begin(installation, receiver)
        floors = [_floor(installation, receiver)]
        load.sent.clear()
        receiver.received.clear()
        load.run(size.seconds)
        wait_for(load, receiver)
        took = latencies(load, receiver)
        floors.append(_floor(installation, receiver))
    floor = median(floors)
    return Finding(
        figures=[
            _figure("median", median(took), floor, MEDIAN_AIM),
            _figure("p99", quantiles(took, n=100)[-1], floor, P99_AIM),
        ],
        sizes=(
            f"{len(took):,} events at {EVENTS_PER_S}/s over {size.seconds} s,"
            f" {USERS} users, each event moves its user into or out of a segment"
        ),
        how=(
            "From the moment before the call is sent to the receipt of the webhook;"
            " everything runs as `manage.py up` starts it, load and receiver on the"
            " same machine. Floor: the median of one collect call that moves nobody"
            " plus that of one post of a message's size to the receiver, before and"
            " after the load."
        ),
    )


def begin(installation: Installation, receiver: Receiver) -> Load:
    """A load that moves users into and out of a segment, warmed up."""
    installation.api("POST", "/api/segment", SEGMENT)
    subscription = {
        "segment_ids": ["bench_active"],
        "channel": "webhook",
        "webhook_url": receiver.url,
    }
    installation.api("POST", "/api/subscription", subscription)
    load = Load(installation)
    load.run(WARM_UP_S)
    wait_for(load, receiver)
    return load


def _figure(which: str, seconds: float, floor: float, aim: float) -> Figure:
    return Figure(
        what=f"collect to webhook at {EVENTS_PER_S} events/s, {which}",
        measured=seconds * 1000,
        floor=floor * 1000,
        unit="ms",
        aim=aim,
        at_least=False,
    )


@dataclass
class Load:
    """Events at a steady rate, from a few connections."""

    installation: Installation
    sent: dict[int, float] = field(default_factory=dict)
    """When each event was sent, by its number."""
    _numbers: count[int] = field(default_factory=count)

    def run(self, seconds: int) -> None:
        """Send on time, whether or not earlier calls have been answered."""
        began = time.perf_counter()
        total = seconds * EVENTS_PER_S
        first = next(self._numbers)
        turns = count()
        lock = threading.Lock()

        def send() -> None:
            calls = Calls(self.installation)
            while True:
                with lock:
                    turn = next(turns)
                if turn >= total:
                    return
                wait = began + turn / EVENTS_PER_S - time.perf_counter()
                if wait > 0:
                    time.sleep(wait)
                self._send(calls, first + turn)

        senders = [threading.Thread(target=send) for _ in range(SENDERS)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        self._numbers = count(first + total)

    def _send(self, calls: Calls, number: int) -> None:
        event = {
            "user_id": f"user-{number % USERS}",
            "active": number // USERS % 2 == 0,
            "number": number,
        }
        self.sent[number] = time.perf_counter()
        calls.collect(event)


class Calls:
    """Calls over one connection that stays open."""

    def __init__(self, installation: Installation) -> None:
        self._token = installation.token
        self._connection = http.client.HTTPConnection(HOST, installation.port)

    def collect(self, event: dict[str, object]) -> None:
        headers = {"Authorization": self._token, "Content-Type": "application/json"}
        body = json.dumps(event)
        self._connection.request("POST", "/collect/json/bench", body, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text


def wait_for(load: Load, receiver: Receiver) -> None:
    """Wait until there is a webhook of each event that was sent."""
    wait_until(
        lambda: len(receiver.received) >= len(load.sent),
        timeout=ARRIVAL_TIMEOUT_S,
        what="a webhook of each event",
    )


def latencies(load: Load, receiver: Receiver) -> list[float]:
    """From sending to webhook, in seconds, of each event."""
    arrived: dict[int, float] = {}
    for webhook in receiver.received:
        number = json.loads(webhook.body)["data"]["number"]
        arrived.setdefault(number, webhook.at)
    return [arrived[number] - at for number, at in load.sent.items()]


def _floor(installation: Installation, receiver: Receiver) -> float:
    """One collect call plus one post to the receiver, one after the other."""
    calls = Calls(installation)
    address = urlsplit(receiver.url)
    post = http.client.HTTPConnection(HOST, address.port)
    body = receiver.received[-1].body
    collects, posts = [], []
    for number in range(FLOOR_CALLS):
        began = time.perf_counter()
        calls.collect({"user_id": f"quiet-{number % 10}", "other": number})
        answered = time.perf_counter()
        post.request("POST", "/", body, {"Content-Type": "application/json"})
        post.getresponse().read()
        posts.append(time.perf_counter() - answered)
        collects.append(answered - began)
    return median(collects) + median(posts)

"""The commands of the documented Subscription page, run by a shell with curl and jq.

The scripts beside this file are the page's commands with this server's address and
ids that exist. A thread does what the workers do.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from django.db import connections

from lyticsapp.accounts import tokens
from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, Scope
from segments.definitions.models import Recompute, Segment
from segments.pipeline.batch import process
from segments.pipeline.pending import lane_heads
from segments.pipeline.recompute import walk
from subscriptions import claim
from subscriptions.deliver import deliver
from tests.waiting import wait_until

SCRIPTS = Path(__file__).parent / "page_003"
LOOK_AGAIN_S = 0.02
SUBSCRIPTION_KEYS = {
    "id",
    "segment_ids",
    "segmentql",
    "description",
    "name",
    "updated",
    "created",
    "user_id",
    "account_id",
    "workflow",
    "config",
}
CONFIG_KEYS = {
    "webhook": {"channel", "description", "name", "segment_ids", "webhook_url"},
    "kinesis": {"channel", "description", "name", "segment_ids", "region", "stream"},
}
OWN_QL = "FILTER AND ( score_momentum > 25, score_quantity > 25 ) ALIAS seg_webhook1"


@pytest.fixture(autouse=True)
def _allow_loopback(settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def account(transactional_db):
    return Account.objects.create(name="Own")


@pytest.fixture
def token(account):
    issued = tokens.issue(
        account=account,
        name="page",
        scopes=[Scope.DATA, Scope.SEGMENTS, Scope.JOBS],
        actor=SYSTEM,
    )
    return issued.text


class Receiver(ThreadingHTTPServer):
    """The customer's system: keeps what is posted to it, by path."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Posted)
        self.messages = []

    def events(self, path):
        """The (user, slug, event) of each segment event that came to a path."""
        return [
            (message["data"]["user_id"], each["slug"], each["event"])
            for came_to, _, message in list(self.messages)
            if came_to == path
            for each in message["data"]["segment_events"]
        ]


class Posted(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.messages.append((self.path, self.headers, json.loads(body)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        """Keep the tests' output quiet."""


@pytest.fixture
def receiver():
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(LOOK_AGAIN_S,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def working(account):
    """Workers for the account: lanes, recomputes and deliveries."""
    stop = threading.Event()

    def work():
        try:
            while not stop.wait(LOOK_AGAIN_S):
                for head in lane_heads():
                    if head.account_id == account.pk:
                        process(account.pk, head.lane)
                walks = Recompute.objects.for_account(account)
                for segment_id in walks.values_list("segment_id", flat=True):
                    walk(account.pk, segment_id)
                for subscription_id in claim.due():
                    deliver(subscription_id)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def run(live_server, receiver, token, tmp_path):
    """Runs a script, then answers what each of its commands printed."""

    def script(name):
        done = subprocess.run(
            ["bash", SCRIPTS / name],
            env={
                "PATH": os.environ["PATH"],
                "HOST": live_server.url,
                "LIOKEY": token,
                "WEBHOOK": f"http://127.0.0.1:{receiver.server_port}",
                "ANSWERS": str(tmp_path),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found = {path.stem: path.read_text() for path in tmp_path.glob("*.json")}
        return done.stdout, {name: json.loads(text) for name, text in found.items()}

    return script


def test_the_page_works(run, account, receiver, live_server, token):
    with working(account):
        printed, answers = run("commands.sh")
        wait_until(lambda: len(receiver.events("/both")) == 1, what="the enter")
        _, later = run("toggle.sh")
        wait_until(lambda: len(receiver.events("/first")) == 2, what="the exit")
        wait_until(lambda: len(receiver.events("/both")) == 2, what="the other exit")
        wait_until(lambda: receiver.events("/inline"), what="the second user's enter")

    url = f"{live_server.url}/api/entity/user/user_id"
    shown = {
        user: requests.get(f"{url}/{user}", headers={"Authorization": token}).json()
        for user in ("user123", "user456")
    }
    assert shown["user123"]["data"]["paying_user"] == "f"
    assert shown["user123"]["data"]["segments"] == ["all"]
    assert shown["user456"]["data"]["score_momentum"] == 26
    assert shown["user456"]["data"]["segments"] == ["seg_webhook1", "all"]

    demo = Segment.objects.for_account(account).get(slug="demo_segment")
    other = Segment.objects.for_account(account).get(slug="another_segment")
    own = Segment.objects.for_account(account).get(slug="seg_webhook1")
    assert f"Created Segment id={demo.public_id}" in printed

    check_segment(answers["segment"], account, demo)
    check_subscription(answers["webhook"]["data"], account, [demo])
    assert answers["webhook"]["data"]["name"] == "webhooktest1"
    assert answers["webhook"]["data"]["config"]["webhook_url"].endswith("/first")

    check_subscription(answers["kinesis"]["data"], account, [demo, other], "kinesis")

    check_subscription(answers["inline"]["data"], account, [own])
    assert answers["inline"]["data"]["segmentql"] == OWN_QL
    assert answers["inline"]["data"]["config"]["headers"] == {
        "Authorization": "****",
        "best_number": "47",
    }
    check_subscription(answers["both"]["data"], account, [demo, other])

    ids = {
        name: answers[name]["data"]["id"]
        for name in ("webhook", "kinesis", "inline", "both")
    }
    assert listed(answers["all"]) == set(ids.values())
    assert listed(answers["by_id"]) == {ids["webhook"], ids["kinesis"], ids["both"]}
    assert listed(answers["by_slug"]) == {ids["kinesis"], ids["both"]}
    assert answers["fetched"]["data"] == answers["inline"]["data"]

    for name in ("collected_f", "collected_t"):
        assert answers[name]["status"] == 200
        assert answers[name]["data"]["message_count"] == 1
        assert answers[name]["data"]["rejected_count"] == 0
    assert later["collected_scores"]["data"]["message_count"] == 1

    toggled = [
        ("user123", "demo_segment", "enter"),
        ("user123", "demo_segment", "exit"),
    ]
    assert receiver.events("/first") == toggled
    assert receiver.events("/both") == toggled
    assert receiver.events("/inline") == [("user456", "seg_webhook1", "enter")]
    for path, headers, message in receiver.messages:
        check_message(message, {demo.slug: demo, own.slug: own})
        if path == "/inline":
            assert headers["Authorization"] == "a-token-of-the-shop"
            assert message["meta"]["subscription_id"] == ids["inline"]
            assert message["data"]["score_momentum"] == 26


def listed(answer):
    assert isinstance(answer["data"], list)
    return {each["id"] for each in answer["data"]}


def check_segment(answer, account, segment):
    data = answer["data"]
    assert answer["status"] == 201
    assert data["id"] == segment.public_id
    assert data["name"] == data["slug_name"] == "demo_segment"
    assert data["description"] == "Paying Users Segment"
    assert data["account_id"] == account.public_id
    assert "paying_user" in data["segment_ql"]


WORKFLOWS = {"webhook": "webhook_triggers", "kinesis": "aws_kinesis_triggers"}


def check_subscription(data, account, segments, channel="webhook"):
    assert data.keys() >= SUBSCRIPTION_KEYS
    assert data["config"].keys() >= CONFIG_KEYS[channel]
    assert data["account_id"] == account.public_id
    assert data["workflow"] == WORKFLOWS[channel]
    assert sorted(data["segment_ids"]) == sorted(each.public_id for each in segments)
    assert data["config"]["segment_ids"] == data["segment_ids"]
    assert data["config"]["channel"] == channel
    assert len(data["id"]) == 32
    for key in ("created", "updated"):
        assert datetime.fromisoformat(data[key]).tzinfo is not None


def check_message(message, segments):
    assert message["meta"]["object"] == "user"
    assert message["meta"]["source"] == "subscription"
    assert len(message["meta"]["subscription_id"]) == 32
    assert message["data"].keys() >= {"_created", "_modified", "user_id"}
    for each in message["data"]["segment_events"]:
        assert each["id"] == segments[each["slug"]].public_id
        assert each["enter"].endswith("Z")
        assert each["exit"].endswith("Z")
        if each["event"] == "enter":
            assert each["exit"].startswith("2099-")

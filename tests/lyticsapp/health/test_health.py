"""/healthz and /readyz: each part's state, and 503 when one is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest
import redis
from django.db import OperationalError, connection
from django.test import Client

from lyticsapp.health import presence, state


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    """Redis, empty, in which who is there stays there on a slow machine, too."""
    monkeypatch.setattr(presence, "EXPIRE_S", 600)
    presence.client().flushdb()
    yield presence.client()
    presence.client().flushdb()


@pytest.fixture
def dead_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = redis.Redis(host="127.0.0.1", port=1)
    monkeypatch.setattr(presence, "client", lambda: nobody)


def _all_present() -> None:
    presence.announce(
        [presence.BEAT, *(presence.worker_of(queue) for queue in state.QUEUES)]
    )


@pytest.mark.django_db
def test_it_is_200_when_every_part_is_there(
    client: Client, broker: redis.Redis
) -> None:
    _all_present()

    answer = client.get("/healthz")

    assert answer.json() == {
        "status": "ok",
        "parts": {
            "web": {"status": "ok"},
            "database": {"status": "ok"},
            "redis": {"status": "ok"},
            "worker-pipeline": {"status": "ok"},
            "worker-walks": {"status": "ok"},
            "worker-delivery": {"status": "ok"},
            "worker-jobs": {"status": "ok"},
            "beat": {"status": "ok"},
        },
        "backlog": {"events": 0, "oldest_event_s": 0.0, "deliveries": 0},
    }
    assert answer.status_code == 200


@pytest.mark.django_db
def test_it_names_the_missing_part(client: Client, broker: redis.Redis) -> None:
    _all_present()
    broker.delete("presence:beat")

    answer = client.get("/healthz")

    assert answer.status_code == 503
    parts = answer.json()["parts"]
    assert parts["beat"]["status"] == "down"
    assert parts["worker-delivery"]["status"] == "ok"


@pytest.mark.django_db
def test_readiness_does_not_ask_for_workers(
    client: Client, broker: redis.Redis
) -> None:
    assert client.get("/readyz").status_code == 200
    assert client.get("/healthz").status_code == 503


@pytest.mark.django_db
def test_it_says_when_redis_does_not_answer(client: Client, dead_redis: None) -> None:
    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert answer.json()["parts"]["redis"]["reason"] == "Redis does not answer"


def test_it_says_when_the_database_does_not_answer(
    client: Client, broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OperationalError from psycopg.OperationalError("secret-host refused")

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert answer.json()["parts"]["database"]["status"] == "down"
    assert "secret-host" not in json.dumps(answer.json())


def test_presence_runs_out(broker: redis.Redis) -> None:
    presence.announce(["beat"])

    assert 0 < broker.ttl("presence:beat") <= presence.EXPIRE_S


def test_a_worker_survives_a_dead_redis(dead_redis: None) -> None:
    presence.announce(["beat"])

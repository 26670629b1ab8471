"""The figures at /metrics, and who is given them."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.test import Client

from lyticsapp import counters
from lyticsapp.alerts import lifecycle
from lyticsapp.alerts.lifecycle import Subject
from segments.pipeline.triggers import ProfileUpdate
from tests.segments.pipeline.accounts import (
    RecordingSink,
    drain,
    make_account,
    make_segment,
    put_events,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[ProfileUpdate]:
    from segments.pipeline import triggers

    monkeypatch.setattr(triggers, "_sink", RecordingSink)
    return RecordingSink.told


@pytest.fixture(autouse=True)
def no_counters(patient_counters: None) -> None:
    with redis.Redis.from_url(django_settings.REDIS_URL) as broker:
        broker.delete(counters.KEY)


def figures(client: Client, **headers: str) -> dict[str, float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.content
    lines = answer.content.decode().splitlines()
    samples = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in samples}


@pytest.mark.usefixtures("told")
def test_it_counts_events_and_triggers(client: Client) -> None:
    account = make_account()
    make_segment(account, "paying", 'paying = "t"')
    put_events(account, [{"user_id": "u1", "paying": p} for p in ("t", "f", "t")])
    assert figures(client)["lyticsapp_pending_events"] == 3
    drain(account)
    shown = figures(client)
    assert shown["lyticsapp_pending_events"] == 0
    assert shown["lyticsapp_events_total"] == 3
    assert shown['lyticsapp_triggers_total{cause="event",event="enter"}'] == 2
    assert shown['lyticsapp_triggers_total{cause="event",event="exit"}'] == 1
    assert shown["lyticsapp_event_delay_seconds_total"] > 0


def test_counters_add_up_over_processes_and_labels() -> None:
    tries = counters.name("tries", outcome="delivered", channel="webhook")
    counters.add({tries: 2})
    counters.add({tries: 1.5, counters.name("tries"): 1})
    assert counters.read() == {tries: 3.5, counters.name("tries"): 1}


def test_a_token_is_wanted_where_one_is_set(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "scrape"
    assert client.get("/metrics").status_code == 401
    wrong = client.get("/metrics", headers={"Authorization": "Bearer other"})
    assert wrong.status_code == 401
    assert figures(client, Authorization="Bearer scrape")


def test_without_a_token_only_this_machine_is_answered(client: Client) -> None:
    assert client.get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.1").status_code == 401
    proxied = client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"})
    assert proxied.status_code == 401


def test_it_counts_open_alerts(client: Client) -> None:
    account = make_account()
    about = Subject("s1", "Paying")
    lifecycle.raise_alert(account, "segment_size", about, title="Small", text="Small")
    assert figures(client)["lyticsapp_open_alerts"] == 1
    lifecycle.clear(account, "segment_size", "s1")
    assert figures(client)["lyticsapp_open_alerts"] == 0


@pytest.mark.parametrize(("kind", "on"), [("console", 0), ("smtp", 1)])
def test_it_tells_whether_mail_is_on(
    client: Client, settings: Any, kind: str, on: int
) -> None:
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{kind}.EmailBackend"
    assert figures(client)["lyticsapp_mail_on"] == on

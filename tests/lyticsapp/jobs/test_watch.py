"""Alerts about jobs: what is usual of one is told by its own past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.alerts.models import Alert
from lyticsapp.jobs import claim, figures, lifecycle, runner, watch
from lyticsapp.jobs.errors import FatalError
from lyticsapp.jobs.models import JobRun, RunState
from tests.lyticsapp.jobs.conftest import HOURLY

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def open_alerts(account):
    alerts = Alert.objects.for_account(account).filter(cleared_at=None)
    return {alert.kind: alert for alert in alerts}


def look(at):
    with time_machine.travel(at, tick=False):
        watch.check()


def read_at(job, hours_ago):
    for hours in hours_ago:
        figures.add(job, NOW - hours * HOUR, {"read": 1})


def took(job, minutes):
    for number, lasted in enumerate(minutes):
        began = NOW - timedelta(days=number + 1)
        JobRun.objects.create(
            account=job.account,
            job=job,
            state=RunState.COMPLETED,
            started_at=began,
            ended_at=began + timedelta(minutes=lasted),
        )


def test_a_failed_job_is_told_of_until_it_is_restarted(make, steer, account):
    def run(run):
        raise FatalError("There is no bucket “sheep”.")

    steer(run)
    job = make(HOURLY)
    look(NOW)
    assert open_alerts(account) == {}
    runner.run(job.pk)
    look(NOW)
    look(NOW)
    (alert,) = Alert.objects.for_account(account)
    assert (alert.kind, alert.severity) == ("job_failed", "critical")
    assert "no bucket" in alert.text
    lifecycle.restart(job, SYSTEM)
    look(NOW)
    assert open_alerts(account) == {}


def test_a_job_that_reads_nothing_for_longer_than_usual(make, account):
    job = make(HOURLY)
    read_at(job, [2, 4, 7, 8, 10, 12])  # its longest pause is 3 hours
    look(NOW + 3 * HOUR)
    assert open_alerts(account) == {}
    look(NOW + 4 * HOUR)
    assert "2026-03-11 11:00 UTC" in open_alerts(account)["job_no_data"].text
    read_at(job, [-4])
    look(NOW + 4 * HOUR)
    assert open_alerts(account) == {}
    look(NOW + 20 * HOUR)
    assert set(open_alerts(account)) == {"job_no_data"}
    lifecycle.pause(job, SYSTEM)
    look(NOW + 20 * HOUR)
    assert open_alerts(account) == {}


def test_a_job_whose_pauses_are_not_known_is_left_in_peace(make, account):
    read_at(make(HOURLY), [2, 3, 4, 5, 6])
    look(NOW + 100 * HOUR)
    assert open_alerts(account) == {}


def test_a_run_that_takes_longer_than_usual(make, account):
    job = make(HOURLY)
    took(job, [10, 10, 10, 10, 500])
    with time_machine.travel(NOW, tick=False):
        job.next_run_at = NOW
        job.save()
        taken = claim.take(job.pk)
    look(NOW + timedelta(minutes=30))
    assert open_alerts(account) == {}
    look(NOW + timedelta(minutes=31))
    assert "took 10 min" in open_alerts(account)["job_slow"].text
    claim.end(taken, lambda job, run: setattr(run, "state", RunState.CANCELLED))
    look(NOW + timedelta(minutes=31))
    assert open_alerts(account) == {}


@pytest.mark.parametrize("minutes", [[10, 10, 10, 10], [1, 1, 1, 1, 1]])
def test_a_short_run_or_a_short_past_is_not_slow(make, account, minutes):
    job = make(HOURLY)
    took(job, minutes)
    with time_machine.travel(NOW, tick=False):
        job.next_run_at = NOW
        job.save()
        claim.take(job.pk)
    look(NOW + timedelta(minutes=10 if len(minutes) > 4 else 500))
    assert open_alerts(account) == {}

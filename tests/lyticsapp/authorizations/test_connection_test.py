"""Connection tests: what they try, what is kept of them, and who is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Scope
from lyticsapp.alerts.models import Alert
from lyticsapp.authorizations import connection_test, health, lifecycle, provider, tasks
from lyticsapp.authorizations.lifecycle import Wanted
from lyticsapp.authorizations.models import Authorization, Health
from lyticsapp.authorizations.step import Step, failed, passed, warned

pytestmark = pytest.mark.django_db


@pytest.fixture
def steps(monkeypatch, keys):
    """The steps of the tests' own, in place of those that there are."""
    steps = []
    monkeypatch.setattr(connection_test, "_sources", {"tests": lambda _: steps})
    bare = replace(provider.method_of(keys), steps=())
    monkeypatch.setattr(provider, "method_of", lambda _: bare)
    return steps


def step(key, result, **more):
    return Step(key=key, title=key.title(), run=lambda _: result, **more)


def outcomes(authorization):
    return [each["outcome"] for each in authorization.test_result]


def test_every_step_is_tried_and_kept(keys, steps):
    policy = {"Version": "2012-10-17"}
    steps += [
        step("one", passed("Fine.")),
        step("two", failed("No.", missing="s3:Go", policy=policy)),
        step("three", warned("Hm.")),
    ]
    tested = connection_test.run(keys)
    assert outcomes(tested) == ["passed", "failed", "warned"]
    assert tested.health == Health.UNHEALTHY
    kept = Authorization.objects.for_account(keys.account).get()
    assert kept.test_result[1] == {
        "step": "two",
        "title": "Two",
        "outcome": "failed",
        "text": "No.",
        "missing": "s3:Go",
        "policy": policy,
    }


@pytest.mark.parametrize("basis", [failed("No."), warned("Unknown.")])
def test_what_stands_on_a_basis_is_skipped_without_it(keys, steps, basis):
    steps += [step("one", basis, is_basis=True), step("two", passed("Fine."))]
    tested = connection_test.run(keys)
    assert outcomes(tested)[1] == "skipped"
    assert "“One” has not passed" in tested.test_result[1]["text"]


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([], Health.UNKNOWN),
        ([warned("")], Health.UNKNOWN),
        ([passed(""), warned("")], Health.HEALTHY),
        ([passed(""), failed("")], Health.UNHEALTHY),
    ],
)
def test_health_is_what_the_steps_say(keys, steps, results, expected):
    steps += [step(str(number), each) for number, each in enumerate(results)]
    assert connection_test.run(keys).health == expected


def test_steps_are_listed_before_they_are_tried(keys, steps):
    steps += [step("one", passed("Fine."))]
    (before,) = connection_test.listed(keys)
    assert (before["title"], before["outcome"]) == ("One", None)
    (after,) = connection_test.listed(connection_test.run(keys))
    assert after["outcome"] == "passed"


def test_a_step_that_two_ask_for_is_tried_once(keys, steps):
    steps += [step("one", passed("Fine.")), step("one", failed("No."))]
    assert outcomes(connection_test.run(keys)) == ["passed"]


def test_what_was_found_of_former_settings_is_not_kept(keys, steps):
    def change(_):
        other = {"secret_key": "another-secret"}
        lifecycle.update(keys, Wanted(settings=other), SYSTEM)
        return passed("Fine.")

    steps.append(Step(key="one", title="One", run=change))
    tested = connection_test.run(keys)
    assert (tested.health, tested.tested_at) == (Health.UNKNOWN, None)


def test_secrets_that_no_key_reads_are_a_failure(keys, steps, settings):
    kept = Authorization.objects.for_account(keys.account).defer("secrets").get()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    tested = connection_test.run(kept)
    assert tested.health == Health.UNHEALTHY
    assert "enter the secret again" in tested.test_result[0]["text"]


def test_people_are_told_when_one_breaks_and_when_it_is_mended(keys, steps):
    steps.append(step("one", failed("No.")))
    health.test(keys)
    assert not Alert.across_accounts.exists()
    age(keys)
    health.watch(keys.pk)
    alert = Alert.objects.for_account(keys.account).get()
    assert alert.title == "Authorization “Ours” does not work"
    assert "One: No." in alert.text

    steps[0] = step("one", warned("Unknown."))
    age(keys)
    health.watch(keys.pk)
    alert.refresh_from_db()
    assert alert.cleared_at is None

    steps[0] = step("one", passed("Fine."))
    health.test(keys)
    alert.refresh_from_db()
    assert alert.cleared_at is not None


def test_the_alert_ends_with_the_authorization(keys, steps):
    steps.append(step("one", failed("No.")))
    health.watch(keys.pk)
    lifecycle.delete(keys, SYSTEM)
    tasks.check_connections()
    assert not Alert.across_accounts.filter(cleared_at=None).exists()


def age(authorization, hours=25):
    at = timezone.now() - timedelta(hours=hours)
    rows = Authorization.objects.for_account(authorization.account)
    rows.filter(pk=authorization.pk).update(tested_at=at)


def test_each_is_due_a_day_after_its_last_test(keys, make, monkeypatch):
    fresh, old = make("webhook", "none"), make("webhook", "none")
    age(fresh, 23)
    age(old, 25)
    assert health.due(timezone.now()) == [old.pk, keys.pk]
    monkeypatch.setattr(health, "FEW", 1)
    assert health.due(timezone.now()) == [old.pk]


def test_a_hint_that_comes_twice_tests_once(keys, steps):
    tries = []
    steps.append(
        Step(key="one", title="One", run=lambda _: tries.append(1) or passed(""))
    )
    tasks.watch(keys.pk)
    tasks.watch(keys.pk)
    assert len(tries) == 1


def test_a_script_tests_with_the_scope_of_jobs(keys, steps, client_of):
    steps.append(step("one", failed("No.", missing="s3:Go")))
    client = client_of(Scope.JOBS)
    address = f"/api/auth/{keys.public_id}/test"
    listed = client.get(address).json()["data"]
    assert listed["health"] == "unknown"
    assert [each["outcome"] for each in listed["steps"]] == [None]
    tested = client.post(address).json()["data"]
    assert tested["health"] == "unhealthy"
    assert tested["steps"][0]["missing"] == "s3:Go"
    assert client_of(Scope.DATA).post(address).status_code == 403

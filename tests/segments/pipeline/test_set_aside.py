"""An event that cannot be applied does not stop its lane."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from lyticsapp.accounts.models import Account
from segments.pipeline import schema, write
from segments.pipeline.batch import Lane
from segments.pipeline.claim import ClaimedEvent
from segments.pipeline.evaluate import Evaluator, Step
from segments.pipeline.set_aside import process_around
from segments.pipeline.state import ProfileState
from segments.profiles.models import Profile
from segments.streams.models import PendingEvent, RejectedRecord
from tests.segments.pipeline.accounts import make_account, put_events

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("told")]


@pytest.fixture
def account() -> Account:
    return make_account()


def fail_over_poison(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    apply = Evaluator.apply

    def fail(self: Evaluator, state: ProfileState, event: ClaimedEvent) -> Step | None:
        if "poison" in event.fields:
            raise error
        return apply(self, state, event)

    monkeypatch.setattr(Evaluator, "apply", fail)


def put_poison_among_others(account: Account) -> None:
    bodies: list[dict[str, Any]] = [{"user_id": f"u{n}", "n": n} for n in range(25)]
    bodies.insert(13, {"user_id": "u7", "poison": 1})
    bodies.insert(20, {"user_id": "u99", "poison": 2})
    put_events(account, bodies)


def drain_around(account: Account) -> None:
    while process_around(account.pk, 0).lane is Lane.WORKED:
        pass


def test_the_others_are_applied_and_it_is_kept_with_its_reason(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_poison_among_others(account)
    fail_over_poison(monkeypatch, TypeError("Integer exceeds 64-bit range"))
    drain_around(account)
    fields = [p.fields for p in Profile.objects.for_account(account).order_by("pk")]
    assert fields == [{"user_id": f"u{n}", "n": n} for n in range(25)]
    assert not PendingEvent.objects.filter(account_id=account.pk).exists()
    rejected = RejectedRecord.objects.for_account(account).order_by("pk")
    assert [orjson.loads(bytes(each.raw)) for each in rejected] == [
        {"user_id": "u7", "poison": 1},
        {"user_id": "u99", "poison": 2},
    ]
    assert "could not be applied" in rejected[0].reason


def test_an_error_that_no_value_causes_sets_nothing_aside(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_poison_among_others(account)
    with monkeypatch.context() as patched:
        fail_over_poison(patched, RuntimeError("a fault of ours"))
        with pytest.raises(RuntimeError, match="a fault of ours"):
            drain_around(account)
    assert PendingEvent.objects.filter(account_id=account.pk).count() == 27
    assert not RejectedRecord.objects.for_account(account).exists()
    drain_around(account)
    assert not PendingEvent.objects.filter(account_id=account.pk).exists()


def test_a_profile_that_would_grow_too_large_stays_as_it_is(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "MAX_PROFILE_BYTES", 100)
    put_events(account, [{"user_id": "u1", "a": 1}])
    put_events(account, [{"user_id": "u1", "b": "x" * 90}, {"user_id": "u2"}])
    drain_around(account)
    kept = [p.fields for p in Profile.objects.for_account(account).order_by("pk")]
    assert kept == [{"user_id": "u1", "a": 1}, {"user_id": "u2"}]
    assert "2,000,000 bytes" in RejectedRecord.objects.for_account(account).get().reason


def test_fields_beyond_the_limit_are_refused_and_known_ones_go_on(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "MAX_FIELDS", 2)
    put_events(account, [{"user_id": "u1", "a": 1}])
    put_events(account, [{"user_id": "u1", "b": 1}, {"user_id": "u1", "a": 2}])
    drain_around(account)
    assert Profile.objects.for_account(account).get().fields["a"] == 2
    reason = RejectedRecord.objects.for_account(account).get().reason
    assert "10,000 different fields" in reason

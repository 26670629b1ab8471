"""Segments that change by the passing of time alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyticsapp.accounts.models import Account
from segments.definitions import lock, recompute
from segments.filterql import compile_filter, parse_filter
from segments.membership.models import Membership
from segments.pipeline import due
from segments.pipeline.due import due_heads, evaluate_due
from segments.pipeline.recompute import Walk, walk
from segments.pipeline.triggers import ProfileUpdate
from segments.pipeline.verify import LateDue, verify
from segments.profiles.models import Profile
from tests.segments.pipeline.accounts import (
    drain,
    make_account,
    make_segment,
    put_events,
)

pytestmark = pytest.mark.django_db(transaction=True)

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ACTIVE = 'last_login > "now-7d"'


def at(moment: datetime) -> time_machine.travel:
    return time_machine.travel(moment, tick=False)


def login(account: Account, user: str, when: datetime) -> None:
    put_events(account, [{"user_id": user, "last_login": when.isoformat()}])
    drain(account)


def sweep(account: Account) -> None:
    while evaluate_due(account.pk):
        pass


def moves(told: list[ProfileUpdate]) -> list[tuple[str, str]]:
    return [(update.cause, t.event) for update in told for t in update.transitions]


def wrong() -> list[Any]:
    return [d for progress in verify() for d in progress.differences]


def test_the_exit_comes_at_the_seventh_day_with_no_event(
    told: list[ProfileUpdate],
) -> None:
    account = make_account()
    make_segment(account, "active", ACTIVE)
    with at(BEGIN):
        login(account, "u1", BEGIN)
    told.clear()

    with at(BEGIN + 7 * DAY - timedelta(seconds=1)):
        sweep(account)
        assert moves(told) == []
        assert wrong() == []
    with at(BEGIN + 7 * DAY):
        sweep(account)
        assert moves(told) == [("schedule", "exit")]
        [transition] = told[0].transitions
        assert (transition.entered_at, transition.exit_at) == (BEGIN, BEGIN + 7 * DAY)
        assert wrong() == []
        assert not Membership.objects.for_account(account).filter(left_at=None).exists()
        sweep(account)
        assert len(told) == 1


def test_an_enter_tells_when_the_user_will_leave(told: list[ProfileUpdate]) -> None:
    account = make_account()
    make_segment(account, "active", ACTIVE)
    make_segment(account, "known", "EXISTS last_login")
    with at(BEGIN):
        login(account, "u1", BEGIN - DAY)
    exits = {t.segment_id: t.exit_at for update in told for t in update.transitions}
    assert sorted(exits.values(), key=str) == [BEGIN + 6 * DAY, None]


def test_what_was_due_is_told_before_the_event_that_undoes_it(
    told: list[ProfileUpdate],
) -> None:
    account = make_account()
    make_segment(account, "active", ACTIVE)
    with at(BEGIN):
        login(account, "u1", BEGIN)
    told.clear()
    with at(BEGIN + 9 * DAY):
        login(account, "u1", BEGIN + 9 * DAY)
    assert moves(told) == [("schedule", "exit"), ("event", "enter")]


def test_a_due_time_that_moves_away_wakes_nobody_in_vain(
    told: list[ProfileUpdate],
) -> None:
    account = make_account()
    make_segment(account, "active", ACTIVE)
    with at(BEGIN):
        login(account, "u1", BEGIN)
    with at(BEGIN + 3 * DAY):
        login(account, "u1", BEGIN + 3 * DAY)
        profile = Profile.objects.for_account(account).get()
        assert profile.due_at == BEGIN + 7 * DAY  # as it was: no new index entry
        assert wrong() == []
    told.clear()
    with at(BEGIN + 7 * DAY):
        sweep(account)
        profile.refresh_from_db()
        assert profile.due_at == BEGIN + 10 * DAY
        assert moves(told) == []
        assert wrong() == []


def test_a_due_time_moves_with_the_date_it_hangs_on(
    told: list[ProfileUpdate],
) -> None:
    account = make_account()
    make_segment(account, "active", ACTIVE)
    make_segment(account, "paying", f"AND ({ACTIVE}, EXISTS plan)")
    with at(BEGIN):
        login(account, "u1", BEGIN)
        login(account, "u1", BEGIN - 2 * DAY)
        assert wrong() == []
    told.clear()
    with at(BEGIN + 5 * DAY):
        sweep(account)
        assert moves(told) == [("schedule", "exit")]
        assert due_heads() == []


def test_a_new_segment_makes_those_due_who_are_there_already(
    told: list[ProfileUpdate],
) -> None:
    account = make_account()
    with at(BEGIN):
        login(account, "u1", BEGIN)
        segment = make_segment(account, "active", ACTIVE)
        with lock.exclusive(account.pk):
            recompute.start(segment, silent=True)
        while walk(account.pk, segment.pk) is Walk.MORE:
            pass
        assert moves(told) == []
        assert wrong() == []
    with at(BEGIN + 8 * DAY):
        sweep(account)
    assert moves(told) == [("schedule", "exit")]


def test_what_a_silent_edit_has_yet_to_reach_is_not_told_by_the_clock(
    told: list[ProfileUpdate],
) -> None:
    account = make_account()
    segment = make_segment(account, "active", ACTIVE)
    with at(BEGIN):
        login(account, "u1", BEGIN)
    told.clear()
    with at(BEGIN + 8 * DAY):
        with lock.exclusive(account.pk):
            segment.filterql = 'FILTER last_login > "now-1d"'
            segment.save()
            recompute.start(segment, silent=True)
        sweep(account)
        assert moves(told) == []


def test_who_is_due_in_vain_takes_a_place_where_a_silent_walk_has_yet_to_come(
    told: list[ProfileUpdate],
) -> None:
    account = make_account()
    make_segment(account, "active", ACTIVE)
    for day in (0, 1):
        with at(BEGIN + day * DAY):
            login(account, "u1", BEGIN + day * DAY)
    counted = make_segment(account, "counted", 'user_id = "u1"')
    with lock.exclusive(account.pk):
        recompute.start(counted, silent=True)
    told.clear()
    with at(BEGIN + 7 * DAY):
        sweep(account)
        while walk(account.pk, counted.pk) is Walk.MORE:
            pass
        assert told == []
        assert wrong() == []


def test_verify_finds_a_due_time_that_is_too_late() -> None:
    account = make_account()
    make_segment(account, "active", ACTIVE)
    with at(BEGIN):
        login(account, "u1", BEGIN)
        Profile.objects.for_account(account).update(due_at=BEGIN + 8 * DAY)
        [difference] = wrong()
        assert isinstance(difference, LateDue)
        assert difference.changes_at == BEGIN + 7 * DAY


def test_each_account_with_due_profiles_is_found_once() -> None:
    accounts = [make_account(name) for name in ("a", "b", "c")]
    begin = datetime.now(UTC).replace(microsecond=0)
    for account, age in zip(accounts, (30, 0, 30), strict=True):
        make_segment(account, "active", ACTIVE)
        with at(begin - age * DAY):
            for user in ("u1", "u2"):
                login(account, user, begin - age * DAY)
    found = {head.account_id: head.due_at for head in due_heads()}
    assert found == {
        account.pk: begin - 23 * DAY for account in (accounts[0], accounts[2])
    }


def test_a_backlog_is_drained_in_chunks_the_longest_due_first(
    told: list[ProfileUpdate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "CHUNK_PROFILES", 3)
    account = make_account()
    make_segment(account, "active", ACTIVE)
    with at(BEGIN):
        for number in (4, 2, 6, 0, 5, 1, 3):
            login(account, f"u{number}", BEGIN - number * timedelta(hours=1))
    told.clear()
    with at(BEGIN + 30 * DAY):
        chunks = 1
        since = evaluate_due(account.pk)
        while since is not None:
            since = evaluate_due(account.pk, since)
            chunks += 1
    assert chunks == 3
    users = [update.render()["user_id"] for update in told]
    assert users == [f"u{number}" for number in (6, 5, 4, 3, 2, 1, 0)]


def test_whoever_goes_on_does_not_look_back(
    told: list[ProfileUpdate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "CHUNK_PROFILES", 1)
    account = make_account()
    make_segment(account, "active", ACTIVE)
    with at(BEGIN):
        login(account, "u1", BEGIN - DAY)
        login(account, "u2", BEGIN)
    told.clear()
    with at(BEGIN + 30 * DAY):
        since = BEGIN + 7 * DAY
        assert evaluate_due(account.pk, since) == since
        assert evaluate_due(account.pk, since) is None
        assert evaluate_due(account.pk) == BEGIN + 6 * DAY
    users = [update.render()["user_id"] for update in told]
    assert users == ["u2", "u1"]


def test_a_profile_that_the_clock_moves_is_shown_whole(
    told: list[ProfileUpdate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "PART_PROFILES", 2)
    account = make_account()
    make_segment(account, "active", ACTIVE)
    with at(BEGIN):
        for user in ("u1", "u2", "u3"):
            put_events(account, [{"user_id": user, "plan": f"plan of {user}"}])
            login(account, user, BEGIN)
    told.clear()
    with at(BEGIN + 7 * DAY):
        sweep(account)
    shown = [update.render() for update in told]
    assert sorted((each["user_id"], each["plan"]) for each in shown) == [
        (user, f"plan of {user}") for user in ("u1", "u2", "u3")
    ]


def test_the_clock_moves_nobody_by_a_filter_that_looks_at_it_no_more(
    told: list[ProfileUpdate],
) -> None:
    account = make_account()
    segment = make_segment(account, "active", ACTIVE)
    with at(BEGIN):
        login(account, "u1", BEGIN)
    told.clear()
    with at(BEGIN + 8 * DAY):
        with lock.exclusive(account.pk):
            segment.filterql = "FILTER EXISTS last_login"
            segment.save()
            recompute.start(segment, silent=False)
        while walk(account.pk, segment.pk) is Walk.MORE:
            pass
        sweep(account)
        assert moves(told) == []
        assert wrong() == []
        assert due_heads() == []


def test_profiles_that_another_worker_holds_are_passed_over(
    told: list[ProfileUpdate],
) -> None:
    account = make_account()
    make_segment(account, "active", ACTIVE)
    with at(BEGIN):
        login(account, "u1", BEGIN)
        login(account, "u2", BEGIN)
    told.clear()
    held = Profile.objects.for_account(account).order_by("pk")[0]
    other = connection.copy()
    try:
        with other.cursor() as cursor, at(BEGIN + 8 * DAY):
            cursor.execute("BEGIN")
            cursor.execute(
                "SELECT FROM profiles_profile WHERE id = %s FOR UPDATE", (held.pk,)
            )
            sweep(account)
            assert [update.profile_id for update in told] != [held.pk]
            assert len(told) == 1
            cursor.execute("ROLLBACK")
            sweep(account)
            assert len(told) == 2
    finally:
        other.close()


def test_one_worker_at_a_time_drains_an_account(told: list[ProfileUpdate]) -> None:
    account = make_account()
    make_segment(account, "active", ACTIVE)
    with at(BEGIN):
        login(account, "u1", BEGIN)
    told.clear()
    other = connection.copy()
    try:
        with other.cursor() as cursor, at(BEGIN + 8 * DAY):
            keys = (due.LOCK_CLASS, account.pk)
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", keys)
            assert evaluate_due(account.pk) is None
            assert told == []
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", keys)
            sweep(account)
            assert len(told) == 1
    finally:
        other.close()


FILTERS = [
    'seen > "now-3d"',
    'seen < "now-36h"',
    'seen BETWEEN "now-1M" AND "now-2d"',
    'AND (seen > "now-4d", plan = "pro")',
    'OR (seen < "now-1w", bought > "now-5d")',
    'NOT (bought >= "now-2d")',
    'AND (INCLUDE s0, NOT (bought < "now-1d"))',
    'AND (seen > "now-3d", seen < "now+2d")',
    'OR (plan = "pro", AND (seen <= "now-2d", bought < "now-6d"))',
]
HOURS = st.integers(-100, 60)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["u1", "u2"]),
        st.fixed_dictionaries(
            {},
            optional={
                "seen": HOURS,
                "bought": HOURS,
                "plan": st.sampled_from(["pro", "free"]),
            },
        ),
        st.integers(1, 240),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.timeout(900)  # many examples, each a database's work
@pytest.mark.usefixtures("told")
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    filters=st.lists(st.sampled_from(FILTERS[1:]), min_size=2, max_size=4, unique=True),
    steps=STEPS,
)
def test_memberships_move_when_looking_every_hour_would_have_seen_it(
    told: list[ProfileUpdate], filters: list[str], steps: list[Any]
) -> None:
    """The sweep runs only when somebody is due; a plain loop looks hour by hour."""
    told.clear()
    account = make_account()
    texts = [FILTERS[0], *filters]
    ids = [make_segment(account, f"s{n}", text).pk for n, text in enumerate(texts)]
    moment = BEGIN
    people: dict[str, dict[str, Any]] = {}
    expected: list[tuple[str, int, str, datetime]] = []
    current: dict[str, set[int]] = {}

    def look(cause_moment: datetime) -> None:
        for user, values in people.items():
            now_in = _plainly_in(texts, ids, values, cause_moment)
            was_in = current.setdefault(user, set())
            for segment_id in sorted(now_in - was_in):
                expected.append((user, segment_id, "enter", cause_moment))
            for segment_id in sorted(was_in - now_in):
                expected.append((user, segment_id, "exit", cause_moment))
            current[user] = now_in

    def sweep_at(cause_moment: datetime) -> None:
        with at(cause_moment):
            sweep(account)

    for user, change, hours in steps:
        values = people.setdefault(user, {"_created": moment, "_modified": moment})
        body: dict[str, Any] = {"user_id": user, "_at": moment.timestamp()}
        for name, value in change.items():
            if name == "plan":
                values[name] = body[name] = value
            else:
                values[name] = moment + timedelta(hours=value)
                body[name] = values[name].isoformat()
        values["_modified"] = moment
        with at(moment):
            put_events(account, [body])
            drain(account)
        look(moment)
        for _ in range(hours):
            moment += timedelta(hours=1)
            sweep_at(moment)
            look(moment)

    happened = [
        (update.render()["user_id"], t.segment_id, t.event, _when(t))
        for update in told
        for t in update.transitions
    ]
    assert sorted(happened) == sorted(expected)
    with at(moment):
        assert wrong() == []
    account.delete()


def _when(transition: Any) -> datetime:
    return transition.entered_at if transition.event == "enter" else transition.exit_at


def _plainly_in(
    texts: list[str], ids: list[int], values: dict[str, Any], now: datetime
) -> set[int]:
    def include(name: str) -> Any:
        return compile_filter(parse_filter(f"FILTER {texts[0]}"))

    return {
        segment_id
        for segment_id, text in zip(ids, texts, strict=True)
        if compile_filter(parse_filter(f"FILTER {text}"), include)(values, now)
    }

"""Random events in random batches give what a plain single-threaded model gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyticsapp.accounts.models import Account
from segments.definitions.models import Recompute, Segment
from segments.membership.models import Membership
from segments.pipeline.batch import Lane, process
from segments.pipeline.recompute import Walk, walk
from segments.pipeline.verify import verify
from segments.profiles.fields import infer, join
from segments.profiles.models import Field, Identity, Profile
from tests.segments.pipeline.accounts import (
    LANES,
    drain,
    make_account,
    make_segment,
    put_events,
)

FILTERS = [
    'plan = "pro"',
    'n = "3.0"',
    "n > 2",
    'AND (plan = "pro", n <= 2)',
    'OR (plan CONTAINS "r", EXISTS city)',
    'city IN ("x", "y")',
    "n != 3",
    'NOT (plan = "pro")',
    "INCLUDE s0",
    "NOT INCLUDE s2",
    "EXISTS email",
]

VALUES = st.one_of(
    st.integers(0, 4),
    st.sampled_from(["pro", "free", "x", "y", "", "3"]),
    st.sampled_from([1.5, 3.0, True, None]),
)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {"_at": st.integers(1, 6), "_lane": st.integers(0, LANES - 1)},
        optional={
            "user_id": st.sampled_from(["u1", "u2", "u3"]),
            "email": st.sampled_from(["a@x", "b@x"]),
            "_uid": st.sampled_from(["c1", "c2"]),
            "plan": VALUES,
            "n": VALUES,
            "city": VALUES,
        },
    ),
    max_size=14,
)
STEPS = st.lists(
    st.one_of(st.tuples(st.just("put"), EVENTS), st.tuples(st.just("work"), EVENTS)),
    max_size=4,
)
IDENTITY_FIELDS = ("user_id", "email", "_uid")


class Model:
    """People as a plain loop makes them: one event after the other, in one dict."""

    def __init__(self) -> None:
        self.people: list[dict[str, Any]] = []
        self.types: dict[str, Any] = {}
        self.events = 0

    def add(self, event: Mapping[str, Any]) -> None:
        self.events += 1
        fields = {k: v for k, v in event.items() if k not in ("_at", "_lane")}
        for name, value in fields.items():
            if (kind := infer(value)) is not None:
                self.types[name] = join(self.types.get(name, kind), kind)
        keys = {
            (name, str(fields[name])) for name in IDENTITY_FIELDS if fields.get(name)
        }
        if not keys:
            return
        person: dict[str, Any] = {"keys": keys, "values": {}, "times": []}
        for known in [p for p in self.people if p["keys"] & keys]:
            self.people.remove(known)
            person["keys"] |= known["keys"]
            person["times"] += known["times"]
            self._fold(person, known["values"])
        stamp = (event["_at"], self.events)
        self._fold(person, {k: (stamp, v) for k, v in fields.items()})
        person["times"].append(event["_at"])
        self.people.append(person)

    def _fold(self, person: dict[str, Any], values: Mapping[str, Any]) -> None:
        for name, (stamp, value) in values.items():
            if name not in person["values"] or person["values"][name][0] < stamp:
                person["values"][name] = (stamp, value)

    def seen(self) -> set[tuple[Any, ...]]:
        return {
            (
                frozenset(p["keys"]),
                repr(sorted((k, v) for k, (_, v) in p["values"].items())),
                min(p["times"]),
                max(p["times"]),
            )
            for p in self.people
        }


def stored(account: Account) -> set[tuple[Any, ...]]:
    return {
        (
            frozenset(
                Identity.objects.filter(profile=profile).values_list("field", "value")
            ),
            repr(sorted(profile.fields.items())),
            profile.created_at.timestamp(),
            profile.modified_at.timestamp(),
        )
        for profile in Profile.objects.for_account(account)
    }


def finish(account: Account) -> None:
    drain(account)
    for segment_id in Recompute.objects.for_account(account).values_list(
        "segment_id", flat=True
    ):
        while walk(account.pk, segment_id) is Walk.MORE:
            pass


@pytest.mark.timeout(900)  # many examples, each a database's work
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("told")
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=STEPS,
    filters=st.lists(st.sampled_from(FILTERS), min_size=3, max_size=5, unique=True),
    batch=st.integers(1, 7),
    data=st.data(),
)
def test_it_gives_what_a_plain_model_gives(
    steps: list[Any], filters: list[str], batch: int, data: st.DataObject, settings: Any
) -> None:
    settings.PIPELINE_BATCH_EVENTS = batch
    account = make_account()
    try:
        _compare(account, steps, filters, data)
    finally:
        account.delete()  # a draw may end an example half-way, and later ones look at all


def _compare(
    account: Account, steps: list[Any], filters: list[str], data: st.DataObject
) -> None:
    model = Model()
    for number, text in enumerate(FILTERS[:3] + filters):
        if not Segment.objects.for_account(account).filter(slug=f"s{number}").exists():
            make_segment(account, f"s{number}", text)
    for kind, events in steps:
        for event in events:
            model.add(event)
            body = {k: v for k, v in event.items() if k != "_lane"}
            put_events(account, [body], lane=event["_lane"])
        if kind == "work":
            order = data.draw(st.permutations(range(LANES)))
            for lane in order[:2]:
                while process(account.pk, lane).lane is Lane.WORKED:
                    pass
    finish(account)

    assert stored(account) == {
        (keys, values, float(first), float(last))
        for keys, values, first, last in model.seen()
    }
    types = dict(Field.objects.for_account(account).values_list("name", "type"))
    assert types == {name: str(kind) for name, kind in model.types.items()}
    assert [d for progress in verify() for d in progress.differences] == []
    current = Membership.objects.for_account(account).filter(left_at=None)
    by_profiles = {
        (profile.pk, segment_id)
        for profile in Profile.objects.for_account(account)
        for segment_id in profile.segment_ids
    }
    assert set(current.values_list("profile_id", "segment_id")) == by_profiles

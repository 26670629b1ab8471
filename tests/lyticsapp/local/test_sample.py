"""The sample data: the same each time, a month long, adding up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lyticsapp.local import sample

TODAY = datetime(2026, 3, 31, 15, 30, tzinfo=UTC)


def _events() -> list[dict[str, Any]]:
    return [event for batch in sample.batches(today=TODAY) for event in batch.events]


def test_it_is_the_same_each_time() -> None:
    assert list(sample.batches(today=TODAY)) == list(sample.batches(today=TODAY))


def test_it_is_one_month_and_ends_before_today() -> None:
    times = [event["at"] for event in _events()]

    assert min(times) >= "2026-03-01T00:00:00Z"
    assert max(times) < "2026-03-31T00:00:00Z"


def test_the_events_leave_each_person_as_described() -> None:
    latest: dict[str, dict[str, Any]] = {}
    for event in sorted(_events(), key=lambda event: event["at"]):
        latest.setdefault(event["user_id"], {}).update(event)

    for person in sample.people():
        fields = latest[person.user_id]
        assert fields["paying_user"] == ("t" if person.paying else "f")
        assert fields["lifetime_value"] == person.lifetime_value
        assert fields["email"] == person.email


def test_no_two_people_share_an_identity() -> None:
    people = sample.people()

    assert len({person.email for person in people}) == len(people)
    assert len({person.user_id for person in people}) == len(people)

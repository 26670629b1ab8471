"""Why a user is in a segment or not, over the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lyticsapp.accounts.models import Scope
from tests.segments.membership.people import make_fields, make_profiles

DAY = timedelta(days=1)


@pytest.fixture
def user(account):
    make_fields(account, user_id="string", age="int", seen="date")
    seen = datetime.now(UTC).replace(microsecond=0) - 2 * DAY
    (profile,) = make_profiles(
        account, [{"user_id": "a/b", "age": 30, "seen": seen.isoformat()}]
    )
    return profile


@pytest.fixture
def ask(account, api_of):
    client = api_of(account, Scope.DATA)
    return lambda ref, who="user_id/a/b": client.get(
        f"/api/segment/{ref}/explain/{who}"
    )


def test_it_tells_each_condition_with_its_values(ask, segment_with, user):
    segment_with("FILTER age > 18 ALIAS adult")
    segment = segment_with(
        'FILTER AND (INCLUDE adult, seen > "now-7d", NOT EXISTS email) ALIAS recent',
        [user],
    )

    answer = ask("recent")

    assert answer.status_code == 200
    data = answer.json()["data"]
    assert data["segment_id"] == segment.public_id
    assert (data["member"], data["match"], data["left_at"]) == (True, True, None)
    seen = datetime.fromisoformat(user.fields["seen"])
    end = f"{(seen + 7 * DAY):%Y-%m-%dT%H:%M:%S}.000000Z"
    assert data["change"] == {"at": end, "answer": False}
    include, recent, nobody = data["explanation"]["parts"]
    assert include["kind"] == "include"
    assert include["parts"][0]["fields_read"] == [
        {"field": "age", "value": 30, "missing": False}
    ]
    assert recent["change"] == {"at": end, "answer": False}
    assert recent["fields_read"][0]["value"].endswith("Z")
    assert (nobody["kind"], nobody["answer"]) == ("not", True)
    assert nobody["parts"][0]["fields_read"] == [
        {"field": "email", "value": None, "missing": True}
    ]


def test_it_tells_what_is_to_come(ask, segment_with, user):
    segment_with('FILTER seen < "now-7d" ALIAS away')

    data = ask("away").json()["data"]

    assert (data["member"], data["match"]) == (False, False)
    assert data["entered_at"] is None
    assert data["change"]["answer"] is True


def test_a_filter_nested_as_deep_as_may_be_is_shown(ask, segment_with, user):
    text = "(age == 1 OR NOT EXISTS no AND " * 45 + "age > 5" + ")" * 45
    segment_with(f"FILTER {text} ALIAS deep")

    answer = ask("deep")

    assert answer.status_code == 200
    assert answer.json()["data"]["match"] is True


@pytest.mark.parametrize(
    ("ref", "who", "status", "message"),
    [
        ("nothing", "user_id/a/b", 404, "Not Found"),
        ("adult", "user_id/nobody", 404, "No user has the user_id"),
        ("adult", "age/30", 400, "no identity field"),
    ],
)
def test_who_or_what_is_unknown(ask, segment_with, user, ref, who, status, message):
    segment_with("FILTER age > 18 ALIAS adult")

    answer = ask(ref, who)

    assert answer.status_code == status
    assert message in answer.json()["message"]


def test_it_wants_the_scope_that_shows_users(account, api_of, segment_with, user):
    segment_with("FILTER age > 18 ALIAS adult")

    client = api_of(account, Scope.SEGMENTS)
    answer = client.get("/api/segment/adult/explain/user_id/a/b")

    assert answer.status_code == 403

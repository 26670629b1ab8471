"""The addresses at which the editor asks."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from lyticsapp.accounts.models import Role
from segments.definitions.editor.widget import ASKED
from segments.definitions.models import Segment
from segments.profiles.models import Field
from tests.segments.membership.people import make_profiles


def address(part):
    return reverse(f"admin:definitions_segment_editor_{part}")


def ask(client, part, **values):
    response = client.post(address(part), values)
    assert response.status_code == 200, response.content
    return response.json()


@pytest.mark.parametrize("part", ASKED)
def test_only_those_who_may_change_segments_may_ask(account, client_as, client, part):
    viewer = client_as(account, Role.VIEWER)
    method = "get" if part == "words" else "post"

    assert getattr(viewer, method)(address(part)).status_code == 403
    assert getattr(client, method)(address(part)).status_code == 302


def test_problems_are_told(account, client_as):
    answer = ask(client_as(account), "check", filterql='FILTER emial = "x"')

    (problem,) = answer["problems"]
    assert problem["severity"] == "warning"
    assert problem["suggestion"] == "email"


def test_words_are_those_of_the_own_account(account, stranger, client_as):
    Field.objects.create(account=stranger, name="email_of_others", type="string")

    answer = client_as(account).get(
        address("words"), {"typed": "email", "kind": "field"}
    )

    assert [word["label"] for word in answer.json()["words"]] == ["email"]


def test_the_builder_is_told_types_and_names(account, client_as):
    paying = Segment.objects.create(account=account, slug="paying", name="Paying users")
    text = 'FILTER AND (last_seen > "now-7d", `home page` == "x", INCLUDE paying)'

    answer = ask(client_as(account), "show", filterql=text)

    assert [item["kind"] for item in answer["model"]["items"]] == [
        "condition",
        "condition",
        "segment",
    ]
    assert answer["fields"]["last_seen"]["type"] == "date"
    assert answer["fields"]["home page"]["type"] == "string"
    assert answer["segments"]["paying"] == "Paying users"
    assert answer["segments"][paying.public_id] == "Paying users"


def test_the_builder_shows_no_filter_with_an_error(account, client_as):
    assert ask(client_as(account), "show", filterql="FILTER x ==")["model"] is None


def test_the_builder_writes_the_text_and_keeps_its_other_parts(account, client_as):
    before = "-- who\nFILTER *\nFROM user\nALIAS buyers"
    model = {
        "kind": "condition",
        "field": "visits",
        "operator": ">",
        "not": False,
        "values": [{"number": "5"}],
    }

    answer = ask(client_as(account), "write", filterql=before, model=json.dumps(model))

    assert answer == {"filterql": "-- who\nFILTER visits > 5\nFROM user ALIAS buyers"}


@pytest.mark.parametrize("model", ["", "{", "[" * 100_000, '"x"', '{"kind": "group"}'])
def test_what_is_no_filter_is_told(account, client_as, model):
    answer = ask(client_as(account), "write", filterql="", model=model)

    assert answer["problems"][0]["message"]


def test_how_many_a_filter_holds_and_some_of_them(account, client_as):
    bodies = [{"user_id": f"u{number}", "visits": number} for number in range(20)]
    make_profiles(account, bodies)

    answer = ask(client_as(account), "preview", filterql="FILTER visits >= 15")

    assert (answer["size"], answer["exact"]) == (5, True)
    assert {user["label"] for user in answer["users"]} == {
        f"u{number}" for number in range(15, 20)
    }
    assert answer["users"][0]["url"].startswith("/admin/profiles/profile/")


def test_users_of_others_are_not_counted(account, stranger, client_as):
    make_profiles(stranger, [{"user_id": "u1"}])

    answer = ask(client_as(account), "preview", filterql="FILTER EXISTS user_id")

    assert (answer["size"], answer["users"]) == (0, [])


@pytest.mark.parametrize("text", ["", "FILTER x ==", "FILTER INCLUDE nobody_knows"])
def test_a_filter_with_an_error_holds_nobody_knows_whom(account, client_as, text):
    assert ask(client_as(account), "preview", filterql=text) == {"size": None}

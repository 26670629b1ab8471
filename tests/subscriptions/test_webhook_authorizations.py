"""Webhooks that are let in by an authorization: headers, parameters, tokens."""

from __future__ import annotations

import base64
import time
from urllib.parse import parse_qs

import orjson
import pytest

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.authorizations import lifecycle, oauth2
from lyticsapp.authorizations.credentials import credentials_of
from lyticsapp.authorizations.errors import TokenRefusedError, TokenUnreachableError
from lyticsapp.authorizations.lifecycle import Wanted
from lyticsapp.jobs import control, workflow
from subscriptions import lookup
from subscriptions.models import Attempt
from tests.subscriptions.inbox import Inbox, Reply
from tests.subscriptions.making import moved, send_all, states, write


@pytest.fixture
def authorize(account):
    def authorize(method, **settings):
        wanted = Wanted(label="Theirs", settings=settings)
        return lifecycle.create(account, "webhook", method, wanted, SYSTEM)

    return authorize


@pytest.fixture
def subscribe(account, segment, inbox):
    def subscribe(authorization):
        config = {"segment_ids": [segment.public_id], "webhook_url": inbox.url}
        wanted = workflow.Wanted("webhook_triggers", "x", "", authorization, config)
        return lookup.driven_by(control.create(account, wanted, SYSTEM))

    return subscribe


class Giver:
    """Gives out tokens, numbered; `reply` is what it says in their place."""

    def __init__(self):
        self.reply = None
        self.given = 0
        self.life_s = 3600
        self.server = Inbox(self._answer)

    def _answer(self, arrival):
        if self.reply is not None:
            return self.reply
        self.given += 1
        said = {"access_token": f"token-{self.given}", "expires_in": self.life_s}
        return Reply(body=orjson.dumps(said))


@pytest.fixture
def giver():
    giver = Giver()
    with giver.server:
        yield giver


@pytest.fixture
def client(authorize, giver):
    return authorize(
        "oauth2",
        token_url=giver.server.url,
        client_id="shop",
        client_secret="hush:hush",
        scope="events",
    )


def test_headers_and_parameters_go_along(account, segment, inbox, authorize, subscribe):
    authorization = authorize(
        "header", headers={"X-Api-Key": "hush"}, parameters="site=1&key=hush-hush"
    )
    subscription = subscribe(authorization)
    write(account, [moved(segment, "enter")])
    send_all(subscription)
    (arrival,) = inbox.arrivals
    assert arrival.headers["X-Api-Key"] == "hush"
    assert arrival.path == "/hook?site=1&key=hush-hush"


def test_a_changed_secret_is_used_at_once(
    account, segment, inbox, authorize, subscribe
):
    authorization = authorize("header", headers={"X-Api-Key": "old"})
    subscription = subscribe(authorization)
    write(account, [moved(segment, "enter")])
    send_all(subscription)
    lifecycle.update(
        authorization, Wanted(settings={"headers": {"X-Api-Key": "new"}}), SYSTEM
    )
    write(account, [moved(segment, "enter")])
    send_all(subscription)
    assert [each.headers["X-Api-Key"] for each in inbox.arrivals] == ["old", "new"]


def test_what_the_receiver_sends_back_is_kept_without_the_secret(
    account, segment, inbox, authorize, subscribe
):
    inbox.answer = lambda arrival: Reply(400, body=b"no such key: hush-hush")
    subscription = subscribe(authorize("header", headers={"X-Api-Key": "hush-hush"}))
    write(account, [moved(segment, "enter")])
    send_all(subscription)
    (attempt,) = Attempt.objects.for_account(account)
    assert attempt.answer == "no such key: ****"


def test_a_token_is_asked_for_once_and_sent_as_bearer(
    account, segment, inbox, giver, client, subscribe
):
    subscription = subscribe(client)
    write(account, [moved(segment, "enter") for _ in range(3)])
    send_all(subscription)
    sent = [each.headers["Authorization"] for each in inbox.arrivals]
    assert sent == ["Bearer token-1"] * 3
    (asked,) = giver.server.arrivals
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["events"],
    }
    basic = asked.headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(basic) == b"shop:hush%3Ahush"


def test_a_token_that_is_not_taken_is_asked_for_anew(
    account, segment, inbox, giver, client, subscribe
):
    taken = {"Bearer token-2"}
    inbox.answer = lambda a: Reply(200 if a.headers["Authorization"] in taken else 401)
    subscription = subscribe(client)
    write(account, [moved(segment, "enter")])
    send_all(subscription)
    assert states(subscription) == ["delivered"]


def test_no_token_leaves_the_message_waiting_and_says_why(
    account, segment, inbox, giver, client, subscribe
):
    giver.reply = Reply(401, body=b'{"error": "invalid_client"}')
    subscription = subscribe(client)
    write(account, [moved(segment, "enter")])
    send_all(subscription)
    assert inbox.arrivals == []
    assert states(subscription) == ["pending"]
    (attempt,) = Attempt.objects.for_account(account)
    assert "invalid_client" in attempt.error


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(500), TokenUnreachableError),
        (Reply(429), TokenUnreachableError),
        (Reply(200, body=b"not json"), TokenRefusedError),
        (Reply(200, body=b'{"access_token": 5}'), TokenRefusedError),
        (Reply(403, body=b"[]"), TokenRefusedError),
    ],
)
def test_what_is_wrong_with_an_answer_is_told_apart(giver, client, reply, error):
    giver.reply = reply
    with pytest.raises(error) as told:
        oauth2.token(credentials_of(client))
    assert "hush" not in str(told.value)


def test_a_private_token_address_is_refused(giver, client, settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    with pytest.raises(TokenRefusedError, match="private or reserved"):
        oauth2.token(credentials_of(client))


def test_a_token_is_renewed_shortly_before_it_ends(giver, client, monkeypatch):
    ahead_s = [0.0]
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + ahead_s[0])
    credentials = credentials_of(client)
    assert oauth2.token(credentials) == "token-1"
    ahead_s[0] = giver.life_s - oauth2.EARLY_S - 10
    assert oauth2.token(credentials) == "token-1"
    ahead_s[0] += 20
    assert oauth2.token(credentials) == "token-2"

"""What an authorization of a webhook takes, and how it is tested."""

from __future__ import annotations

import orjson
import pytest

from lyticsapp.authorizations import connection_test, oauth2
from lyticsapp.authorizations.models import Health
from lyticsapp.declaration.errors import InvalidSettingError
from tests.ports import free_port
from tests.subscriptions.inbox import Inbox, Reply

pytestmark = pytest.mark.django_db


@pytest.fixture
def giver(settings):
    """Gives out tokens, or `reply` in their place."""
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    made = Inbox(lambda _: made.reply)
    made.reply = Reply(body=orjson.dumps({"access_token": "t", "expires_in": 60}))
    with made:
        yield made
    oauth2._kept.clear()


def by_token(make, url):
    return make(
        "webhook", "oauth2", token_url=url, client_id="app", client_secret="hush-hush"
    )


def test_headers_and_parameters_are_secret(make):
    made = make(
        "webhook", "header", headers={"X-Shop": "hush"}, parameters="key=hush&a=b"
    )
    assert made.config == {"headers": {"X-Shop": "****"}, "parameters": "****"}
    assert made.secrets == {"headers": {"X-Shop": "hush"}, "parameters": "key=hush&a=b"}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "headers: enter a header or a parameter"),
        ({"headers": {"X Shop": "a"}}, "'X Shop' is not the name of a header"),
        ({"headers": {"X-Shop": "a\r\nb"}}, "line breaks"),
        ({"headers": {"Host": "a"}}, "Host is set by the product"),
        ({"parameters": "key"}, "parameters: must be names and values"),
        ({"parameters": "=b"}, "parameters: must be names and values"),
        ({"parameters": "a=b c"}, "parameters: must hold no spaces"),
    ],
)
def test_what_cannot_be_sent_is_refused(make, settings, told):
    with pytest.raises(InvalidSettingError) as refused:
        make("webhook", "header", **settings)
    assert told in str(refused.value)


def test_a_token_url_at_a_private_address_is_refused(make):
    with pytest.raises(InvalidSettingError, match="private or reserved"):
        by_token(make, "http://127.0.0.1/token")


def test_a_token_is_asked_for(make, giver):
    tested = connection_test.run(by_token(make, giver.url))
    assert tested.health == Health.HEALTHY
    assert tested.test_result[0]["text"] == "The token URL gives a token."


def test_a_refusal_is_told_in_the_words_of_the_giver(make, giver):
    giver.reply = Reply(status=401, body=b'{"error": "invalid_client"}')
    tested = connection_test.run(by_token(make, giver.url))
    assert tested.health == Health.UNHEALTHY
    assert "invalid_client" in tested.test_result[0]["text"]
    assert "hush-hush" not in str(tested.test_result)


def test_a_giver_out_of_reach_says_nothing_of_the_secret(make, giver):
    tested = connection_test.run(by_token(make, f"http://127.0.0.1:{free_port()}/"))
    assert tested.health == Health.UNKNOWN


def test_nothing_is_known_of_what_is_not_tried(make):
    assert connection_test.run(make("webhook", "none")).health == Health.UNKNOWN

"""The stand-in that receives webhooks, and the page of mails."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from django.core.mail.backends.filebased import EmailBackend
from flask.testing import FlaskClient

from lyticsapp.local.cloud import inbox, mailbox
from lyticsapp.local.cloud.messages import MessageStore
from tests.waiting import wait_until


@pytest.fixture
def visitor(tmp_path: Path) -> FlaskClient:
    return inbox.create(str(tmp_path)).test_client()


def test_it_keeps_what_arrives(visitor: FlaskClient) -> None:
    answer = visitor.post(
        "/inbox/orders?x=1", json={"data": {"user_id": "u1"}}, headers={"X-Key": "k"}
    )

    assert answer.status_code == 200
    [message] = visitor.get("/messages").get_json()["messages"]
    assert message["path"] == "/inbox/orders?x=1"
    assert message["json"] == {"data": {"user_id": "u1"}}
    assert message["headers"]["X-Key"] == "k"
    assert message["answered"] == 200


def test_it_gives_only_what_came_since(visitor: FlaskClient) -> None:
    first = visitor.post("/inbox", data="one").get_json()["id"]
    visitor.post("/inbox", data="two")

    found = visitor.get(f"/messages?since={first}").get_json()["messages"]

    assert [message["text"] for message in found] == ["two"]


def test_it_fails_as_told_and_recovers(visitor: FlaskClient) -> None:
    told = visitor.post("/behaviour", json={"status": 503})
    assert told.status_code == 200
    assert visitor.post("/inbox", data="x").status_code == 503
    assert visitor.get("/messages").get_json()["messages"][0]["answered"] == 503

    visitor.post("/behaviour", json={})
    assert visitor.post("/inbox", data="x").status_code == 200


def test_it_fails_a_share_of_requests(visitor: FlaskClient) -> None:
    visitor.post("/behaviour", json={"status": 500, "rate": 0.5})

    statuses = {visitor.post("/inbox", data="x").status_code for _ in range(100)}

    assert statuses == {200, 500}


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"status": 99}, "status"),
        ({"delay": -1}, "delay"),
        ({"rate": "often"}, "rate"),
        ({"speed": 1}, "speed"),
    ],
)
def test_it_names_the_wrong_field(
    visitor: FlaskClient, told: dict[str, object], field: str
) -> None:
    answer = visitor.post("/behaviour", json=told)

    assert answer.status_code == 400
    assert answer.get_json()["message"].startswith(f"{field}:")


def test_its_memory_is_bounded() -> None:
    store = MessageStore(max_messages=3, max_bytes=100)
    for text in ("a", "b", "c", "d", "e" * 99):
        store.add(method="POST", path="/inbox", headers={}, text=text, answered=200)

    assert [message.text[0] for message in store.since(0)] == ["d", "e"]


def test_a_reader_can_wait_for_the_next_message() -> None:
    store = MessageStore()
    got: list[int] = []
    reader = threading.Thread(
        target=lambda: got.extend(m.id for m in store.since(0, wait_s=10))
    )
    reader.start()
    store.add(method="POST", path="/inbox", headers={}, text="x", answered=200)

    wait_until(lambda: got == [1], what="the reader to be woken")
    reader.join()


def test_the_pages_answer(visitor: FlaskClient) -> None:
    assert b"Webhook inbox" in visitor.get("/inbox").data
    assert b"No mail has been sent yet" in visitor.get("/mail").data


def test_the_mailbox_shows_the_newest_mail_first(
    tmp_path: Path, visitor: FlaskClient
) -> None:
    backend = EmailBackend(file_path=str(tmp_path))
    backend.send_messages(
        [
            EmailMessage("First", "see http://x.test/a", "a@x.test", ["b@x.test"]),
            EmailMessage("Grüße", "later <b>text</b>", "a@x.test", ["b@x.test"]),
        ]
    )
    backend.close()

    assert [mail.subject for mail in mailbox.read(tmp_path)] == ["Grüße", "First"]
    page = visitor.get("/mail").get_data(as_text=True)
    assert "later &lt;b&gt;text" in page
    assert 'href="http://x.test/a"' in page

"""Log lines: JSON, with the id of what they are about, and without secrets."""

from __future__ import annotations

import io
import logging

import orjson
import pytest
import structlog
from celery import signals
from django.http import HttpResponse
from structlog.contextvars import clear_contextvars, get_contextvars

from lyticsapp.celery import app
from lyticsapp.logging import configuration
from lyticsapp.request_ids import RequestIdMiddleware

TOKEN = f"at.{'0a' * 16}.{'f' * 64}"


@pytest.fixture(autouse=True)
def _nothing_bound():
    clear_contextvars()
    yield
    clear_contextvars()


class Lines(io.StringIO):
    def entries(self):
        return [orjson.loads(line) for line in self.getvalue().splitlines()]


def handler(stream, *, for_people):
    chosen = configuration("INFO", for_people=for_people)["formatters"]["structured"]
    made = logging.StreamHandler(stream)
    made.setFormatter(chosen.pop("()")(**chosen))
    return made


@pytest.fixture
def attach():
    root, attached = logging.getLogger(), []
    level = root.level

    def attach(*, for_people=False):
        stream = Lines()
        attached.append(handler(stream, for_people=for_people))
        root.addHandler(attached[-1])
        root.setLevel("INFO")
        return stream

    yield attach
    root.setLevel(level)
    for each in attached:
        root.removeHandler(each)


@pytest.fixture
def log(attach):
    return attach()


def test_a_line_of_ours_is_json(log):
    structlog.get_logger("ours").info("batch_applied", events=3)
    (entry,) = log.entries()
    at = entry.pop("at")
    assert at.endswith("Z")
    assert entry == {
        "event": "batch_applied",
        "events": 3,
        "level": "info",
        "logger": "ours",
    }


def test_a_line_of_a_library_is_json(log):
    logging.getLogger("theirs").warning("lost %s", "it")
    (entry,) = log.entries()
    assert (entry["event"], entry["level"]) == ("lost it", "warning")


def test_a_fault_is_one_line_with_its_traceback(log):
    try:
        raise ValueError(f"no {TOKEN}")
    except ValueError:
        logging.getLogger("theirs").exception("failed")
    (entry,) = log.entries()
    assert "Traceback" in entry["exception"]
    assert "f" * 64 not in log.getvalue()


def test_secrets_are_masked_wherever_they_are(log):
    structlog.get_logger("ours").info(
        f"called with {TOKEN}",
        path="/api/segment?key=hidden",
        authorization="hidden",
        headers={"X-Api-Key": "hidden", "Accept": "*/*", "list": [{"token": "hidden"}]},
        error=ValueError("redis://:hidden@host"),
        raw=b"Authorization: Bearer hidden",
    )
    logging.getLogger("theirs").info("GET %s", "/x?access_token=hidden")
    assert "hidden" not in log.getvalue()
    assert "f" * 64 not in log.getvalue()
    first = log.entries()[0]
    assert first["path"] == "/api/segment?key=****"
    assert first["headers"]["Accept"] == "*/*"


def test_people_get_text(attach):
    log = attach(for_people=True)
    structlog.get_logger("ours").info("batch_applied", token="hidden")
    assert "batch_applied" in log.getvalue()
    assert "hidden" not in log.getvalue()
    assert not log.getvalue().startswith("{")


def answer(request, log_line=True):
    logging.getLogger("theirs").info("in between")
    return HttpResponse()


def test_a_request_has_an_id(rf, log):
    middleware = RequestIdMiddleware(answer)
    own = middleware(rf.get("/"))["X-Request-ID"]
    assert len(own) == 32
    given = middleware(rf.get("/", headers={"x-request-id": "abc-1"}))
    assert given["X-Request-ID"] == "abc-1"
    assert [entry["request_id"] for entry in log.entries()] == [own, "abc-1"]


def test_a_refusal_is_logged_with_its_request(client, db, log):
    own = client.get("/api/segment")["X-Request-ID"]
    told = [each for each in log.entries() if each["logger"] == "django.request"]
    assert [each["request_id"] for each in told] == [own]


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, 'a"b', "a\nb"])
def test_an_unusable_request_id_is_replaced(rf, sent):
    request = rf.get("/", HTTP_X_REQUEST_ID=sent)
    assert RequestIdMiddleware(answer)(request)["X-Request-ID"] != sent


def test_every_answer_has_an_id(client, db):
    assert client.get("/api/segment")["X-Request-ID"]


def test_a_task_has_an_id(db, log):
    @app.task(name="tests.logging.speak")
    def speak():
        logging.getLogger("theirs").info("in between")

    try:
        speak.apply(task_id="id-1")
    finally:
        app.tasks.pop("tests.logging.speak")
    entry = log.entries()[0]
    assert (entry["task"], entry["task_id"]) == ("tests.logging.speak", "id-1")
    assert get_contextvars() == {}


def test_celery_leaves_logging_to_us():
    assert signals.setup_logging.receivers

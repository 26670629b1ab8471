"""Many calls at once, and connections that end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import orjson
import pytest
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone

from lyticsapp.accounts import tokens
from segments.streams import accept as accepting
from segments.streams import names, store
from segments.streams.accept import accept
from segments.streams.json_body import read_json
from segments.streams.models import Stream
from segments.streams.records import Record
from tests.segments.streams.stored import bodies_of, count_events, make_call
from tests.waiting import wait_until

THREADS = 8

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("leaves_no_events"),
]


@pytest.fixture(autouse=True)
def no_hints(monkeypatch):
    monkeypatch.setattr(accepting.hints, "hint", lambda account_id, lanes: None)


@pytest.fixture
def pool():
    """Threads that close their database connections before they end."""
    all_are_here = threading.Barrier(THREADS)

    def close(_):
        all_are_here.wait(10)
        connections.close_all()

    with ThreadPoolExecutor(THREADS) as threads:
        yield threads
        list(threads.map(close, range(THREADS)))


@pytest.fixture
def other_session():
    other = connection.copy()
    yield other
    other.close()


def test_every_call_is_stored_once(pool, account, stranger):
    def send(number):
        owner = account if number % 3 else stranger
        call = make_call(
            account_id=owner.pk,
            stream=f"s{number % 5}",
            received_at=timezone.now() + timedelta(seconds=number),
        )
        body = orjson.dumps([{"n": number, "i": i} for i in range(number % 4)])
        return accept(call, read_json(body, call)).message_count

    counts = list(pool.map(send, range(400)))

    assert counts == [number % 4 for number in range(400)]
    expected = [{"n": n, "i": i} for n in range(400) for i in range(n % 4)]
    found = [*bodies_of(account), *bodies_of(stranger)]
    assert sorted(found, key=lambda b: (b["n"], b["i"])) == expected
    assert all(body["n"] % 3 for body in bodies_of(account))
    for number in range(400):
        mine = [b["i"] for b in found if b["n"] == number]
        assert mine == sorted(mine)
    assert Stream.objects.for_account(account).count() == 5


def test_a_record_the_database_refuses_harms_no_other_call(pool, account):
    call = make_call(account_id=account.pk)
    broken = Record(body=b"{", event_at=call.received_at, identity=None)

    def send(number):
        record = broken if number == 3 else Record(b"{}", call.received_at, None)
        try:
            return accept(call, [record]).message_count
        except Exception as error:
            return type(error).__name__

    answers = list(pool.map(send, range(40)))

    assert answers[3] == "DataError"
    assert answers.count(1) == 39
    assert count_events(account) == 39


def end_session(other_session):
    """End this thread's database session from outside, as a restart does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    with other_session.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])

        def is_gone():
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [pid]
            )
            return cursor.fetchone() == (0,)

        wait_until(is_gone, what="the session to end")


def test_a_session_that_ended_is_replaced(send, account, other_session, monkeypatch):
    monkeypatch.setattr(store, "SURELY_ALIVE_S", 0)
    assert send(b"{}").status_code == 200
    end_session(other_session)

    assert send(b"{}").status_code == 200
    assert len(bodies_of(account)) == 2


@pytest.mark.parametrize("is_token_known", [True, False])
def test_a_database_that_is_gone_is_said(send, account, monkeypatch, is_token_known):
    assert send(b"{}").status_code == 200

    def gone():
        raise OperationalError("no such host")

    with monkeypatch.context() as patched:
        connection.close()
        if not is_token_known:
            tokens.cache.clear()
        patched.setattr(connection, "connect", gone)
        answer = send(b"{}")

    assert answer.status_code == 503
    assert "send them again" in answer.json()["message"]
    assert len(bodies_of(account)) == 1


def test_a_deleted_stream_comes_back(account, monkeypatch):
    monkeypatch.setattr(names, "CACHE_SECONDS", 0)
    call = make_call(account_id=account.pk)
    accept(call, read_json(b'{"n": 1}', call))
    Stream.objects.for_account(account).delete()

    accept(call, read_json(b'{"n": 2}', call))

    assert bodies_of(account) == [{"n": 2}]


def test_a_stream_that_was_rolled_back_is_made_again(account):
    call = make_call(account_id=account.pk)
    with transaction.atomic():
        accept(call, read_json(b'{"n": 1}', call))
        transaction.set_rollback(True)

    accept(call, read_json(b'{"n": 2}', call))

    assert bodies_of(account) == [{"n": 2}]


def test_a_large_call_is_one_transaction(account, monkeypatch):
    call = make_call(account_id=account.pk)
    monkeypatch.setattr(accepting, "CHUNK_RECORDS", 2)
    good = list(read_json(b"[{},{},{},{},{}]", call))
    broken = Record(body=b"{", event_at=call.received_at, identity=None)

    with pytest.raises(Exception, match="invalid input syntax for type json"):
        accept(call, [*good, broken])
    assert count_events(account) == 0

    assert accept(call, good).message_count == 5
    assert count_events(account) == 5

"""Uploads over a real connection: whole, broken off, in chunks."""

from __future__ import annotations

import io
import socket
from urllib.parse import urlsplit

import pytest
import requests
from django.test import RequestFactory

from segments.streams import upload
from segments.streams.errors import (
    BadCallError,
    LengthRequiredError,
    NotStoredError,
    TooLargeError,
)
from tests.segments.streams.stored import bodies_of

CSV = b"user_id,n\n" + b"".join(b"u%d,%d\n" % (n, n) for n in range(20_000))


@pytest.fixture
def address(live_server, leaves_no_events):
    return f"{live_server.url}/collect/bulk/demo"


@pytest.fixture
def headers(sender):
    return {
        "Authorization": sender._credentials["HTTP_AUTHORIZATION"],
        "Content-Type": "application/csv",
    }


def test_an_upload_is_taken(address, headers, account):
    answer = requests.post(address, CSV, headers=headers, timeout=30)

    assert answer.json()["data"]["message_count"] == 20_000
    assert bodies_of(account)[-1] == {"user_id": "u19999", "n": "19999"}


@pytest.mark.parametrize("kind", ["bulk", "json"])
def test_an_upload_that_breaks_off_leaves_nothing(address, headers, account, kind):
    parts = urlsplit(address)
    sent = b"user_id\nu1\n" if kind == "bulk" else b'{"user_id": "u1"}'
    lines = [
        f"POST /collect/{kind}/demo HTTP/1.1",
        f"Host: {parts.netloc}",
        *(f"{name}: {value}" for name, value in headers.items()),
        f"Content-Length: {len(sent) + 1}",
    ]
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as caller:
        caller.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + sent)
        caller.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: caller.recv(4096), b""))

    assert b" 400 Bad Request" in answer
    assert b"broke off" in answer
    assert bodies_of(account) == []


def chunked(body, **meta):
    return RequestFactory().generic(
        "POST",
        "/collect/bulk/demo",
        headers={"transfer-encoding": "chunked"},
        **{"wsgi.input": body, **meta},
    )


def test_chunks_are_taken_where_the_server_ends_them():
    def spooled(max_bytes):
        request = chunked(io.BytesIO(CSV), **{"wsgi.input_terminated": True})
        with upload.spool(request, max_bytes=max_bytes, advice="") as file:
            return file.read()

    assert spooled(len(CSV)) == CSV
    with pytest.raises(TooLargeError):
        spooled(len(CSV) - 1)


def test_chunks_are_refused_where_nobody_ends_them():
    with pytest.raises(LengthRequiredError):
        upload.spool(chunked(io.BytesIO(CSV)), max_bytes=10**6, advice="")


def test_chunks_that_break_off_are_refused():
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise ConnectionResetError

    request = chunked(Broken(), **{"wsgi.input_terminated": True})

    with pytest.raises(BadCallError, match="broke off"):
        upload.spool(request, max_bytes=10**6, advice="")


def test_a_full_disk_is_said(monkeypatch):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(upload.tempfile, "SpooledTemporaryFile", lambda size: Full())
    request = chunked(io.BytesIO(CSV), **{"wsgi.input_terminated": True})

    with pytest.raises(NotStoredError, match="No space left"):
        upload.spool(request, max_bytes=10**6, advice="")

"""The webhook channel: what it accepts, sends, reads and refuses to reach."""

from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import trustme

from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.credentials import no_credentials
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.jobs.workflow import Setup
from lyticsapp.network import addresses, outgoing
from lyticsapp.network.addresses import AddressRefusedError, may_reach
from subscriptions import http_verdicts
from subscriptions.channel import Message
from subscriptions.channels import webhook
from subscriptions.outcome import (
    Delivered,
    Gone,
    Omitted,
    Throttled,
    Transient,
    Unauthorized,
)
from tests.subscriptions.inbox import Inbox, Reply

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NOBODY = no_credentials(1)


def message(body=b'{"data":{}}'):
    return Message(uuid4(), 12, 7, NOW, body)


def post(url, headers=None, *, body=b'{"data":{}}'):
    config = {"webhook_url": url, "headers": headers or {}}
    request = webhook.format(message(body), config, NOBODY)
    (outcome,) = webhook.send([request], config, NOBODY)
    return outcome


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "2001:0:4136:e378:8000:63bf:80ff:fffe",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
        ],
    )
    def test_what_is_not_public_is_refused(self, address, settings):
        settings.WEBHOOK_ALLOWED_NETWORKS = []
        assert may_reach(address) is False

    @pytest.mark.parametrize(
        "address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"]
    )
    def test_what_is_public_is_reached(self, address, settings):
        settings.WEBHOOK_ALLOWED_NETWORKS = []
        assert may_reach(address) is True

    def test_an_operator_can_allow_networks(self, settings):
        settings.WEBHOOK_ALLOWED_NETWORKS = ["10.1.0.0/16", "fd00::/8"]
        assert may_reach("10.1.9.9")
        assert may_reach("::ffff:10.1.9.9")
        assert may_reach("fd00::5")
        assert not may_reach("10.2.0.1")

    @pytest.mark.parametrize(
        "host",
        ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "017700000001", "[::1]"],
    )
    def test_no_spelling_gets_round(self, host, settings):
        settings.WEBHOOK_ALLOWED_NETWORKS = []
        config = {"webhook_url": f"http://{host}/"}
        with pytest.raises(InvalidSettingError, match="WEBHOOK_ALLOWED_NETWORKS"):
            webhook.check(Setup(Account(), None, config))
        outcome = post(f"http://{host}:9/")
        assert isinstance(outcome.verdict, Gone)
        assert "private or reserved" in outcome.verdict.reason

    def test_a_name_that_resolves_differently_the_second_time_gains_nothing(
        self, settings, monkeypatch
    ):
        """The address that was looked at is the one that is connected to."""
        settings.WEBHOOK_ALLOWED_NETWORKS = []
        answers = iter(["93.184.216.34", "127.0.0.1"])
        asked = []

        def lookup(host, port, **_):
            asked.append(host)
            return [(socket.AF_INET, 1, 6, "", (next(answers), port))]

        connected = []

        def connect(address, timeout):
            connected.append(address)
            raise ConnectionRefusedError

        monkeypatch.setattr(addresses.socket, "getaddrinfo", lookup)
        monkeypatch.setattr(outgoing.socket, "create_connection", connect)
        with pytest.raises(ConnectionRefusedError):
            outgoing.request("POST", "http://re.bind/", {}, b"", timeout_s=2)
        assert asked == ["re.bind"]
        assert connected == [("93.184.216.34", 80)]
        with pytest.raises(AddressRefusedError):
            outgoing.request("POST", "http://re.bind/", {}, b"", timeout_s=2)
        assert len(connected) == 1

    def test_only_the_permitted_of_several_addresses_are_tried(
        self, settings, monkeypatch
    ):
        settings.WEBHOOK_ALLOWED_NETWORKS = []
        found = [(2, 1, 6, "", (a, 443)) for a in ("10.0.0.1", "8.8.8.8", "::1")]
        monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: found)
        assert addresses.resolve("mixed", 443) == [("8.8.8.8", 443)]

    def test_a_host_that_does_not_resolve_can_be_saved(self, monkeypatch):
        def fail(*_, **__):
            raise socket.gaierror(-2, "Name or service not known")

        monkeypatch.setattr(addresses.socket, "getaddrinfo", fail)
        config = {"webhook_url": "https://not.yet.there/"}
        webhook.check(Setup(Account(), None, config))
        outcome = post("https://not.yet.there/")
        assert isinstance(outcome.verdict, Transient)
        assert "does not resolve" in outcome.verdict.reason


class TestSettings:
    @pytest.mark.parametrize(
        ("url", "wrong"),
        [
            ("ftp://x.org/", "https:// or http://"),
            ("x.org/hook", "https:// or http://"),
            ("https://", "https:// or http://"),
            ("https://u:p@x.org/", "Authorization"),
            ("https://x.org/a b", "spaces"),
            ("https://x.org/\r\nX: y", "control characters"),
            ("https://x.org:99999/", "not a web address"),
            ("https://x.org\\@y.org/", "backslashes"),
            ("https://[::1/", "not a web address"),
        ],
    )
    def test_a_wrong_address_is_refused(self, url, wrong):
        with pytest.raises(ValueError, match=wrong):
            webhook.check_url(url)

    @pytest.mark.parametrize(
        "url",
        [
            "https://x.org",
            "http://x.org:8080/a?b=c",
            "https://b\u00fccher.example/\u00e4?q=\u00fc",
            "HTTPS://X.org/",
        ],
    )
    def test_a_right_one_is_taken(self, url):
        webhook.check_url(url)

    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "x"},
            {"webhook-id": "x"},
            {"Content-Length": "1"},
            {"a b": "x"},
            {"": "x"},
            {"X": "a\r\nY: b"},
            {"X": "\u2603"},
        ],
    )
    def test_wrong_headers_are_refused(self, headers):
        with pytest.raises(ValueError, match=r"header|value|product"):
            webhook.check_headers(headers)


class TestFormat:
    def test_it_is_the_body_with_standard_headers_and_the_customers_own(self):
        sent = message()
        config = {
            "webhook_url": "https://b\u00fccher.example/\u00e4 b",
            "headers": {"Authorization": "t", "content-type": "application/x"},
        }
        request = webhook.format(sent, config, NOBODY)
        assert request.url == "https://xn--bcher-kva.example/%C3%A4%20b"
        assert request.body is sent.body
        assert request.headers == {
            "User-Agent": webhook.USER_AGENT,
            "Authorization": "t",
            "content-type": "application/x",
        }
        assert request.message_id == str(sent.id)


class TestSending:
    def test_the_customers_headers_arrive(self, inbox):
        post(inbox.url, {"Authorization": "Bearer x", "best_number": "47"})
        (arrival,) = inbox.arrivals
        assert arrival.headers["Authorization"] == "Bearer x"
        assert arrival.headers["best_number"] == "47"

    def test_connections_are_used_again(self, inbox):
        for _ in range(5):
            assert isinstance(post(inbox.url).verdict, Delivered)
        assert len({a.connection for a in inbox.arrivals}) == 1

    def test_a_connection_that_was_closed_meanwhile_is_no_failure(self):
        def close(handler):
            handler.close_connection = True
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        with Inbox(lambda _: Reply(raw=close)) as inbox:
            verdicts = [post(inbox.url).verdict for _ in range(5)]
        assert verdicts == [Delivered()] * 5

    def test_no_more_than_a_piece_of_the_answer_is_read(self):
        over = threading.Event()

        def endless(handler):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            try:
                while not over.is_set():
                    handler.wfile.write(b"x" * 65536)
            except OSError:
                over.set()

        with Inbox(lambda _: Reply(raw=endless)) as inbox:
            outcome = post(inbox.url)
            assert over.wait(5)
        assert outcome.verdict == Delivered()
        assert len(outcome.answer) == webhook.ANSWER_KEPT_BYTES

    @pytest.mark.parametrize(
        ("first", "verdict"),
        [
            (b"", Transient("no answer within 0.6 s")),
            (b"HTTP/1.1 200 OK\r\nX: ", Transient("no answer within 0.6 s")),
            (b"HTTP/1.1 200 OK\r\n\r\n", Delivered()),
        ],
        ids=["status", "headers", "body"],
    )
    def test_one_that_answers_in_drops_meets_the_deadline(
        self, first, verdict, monkeypatch
    ):
        monkeypatch.setattr(webhook, "TIMEOUT_S", 0.6)
        monkeypatch.setattr(outgoing, "WATCH_EVERY_S", 0.05)
        over = threading.Event()

        def drip(handler):
            try:
                handler.wfile.write(first)
                while not over.wait(0.05):
                    handler.wfile.write(b"x")
            except OSError:
                pass

        with Inbox(lambda _: Reply(raw=drip)) as inbox:
            begun = time.perf_counter()
            outcome = post(inbox.url)
            took = time.perf_counter() - begun
            over.set()
        assert outcome.verdict == verdict
        assert took < 1.5

    def test_one_that_never_answers_meets_the_deadline(self, monkeypatch):
        monkeypatch.setattr(webhook, "TIMEOUT_S", 0.3)
        let_go = threading.Event()
        with Inbox(lambda _: Reply(wait_for=let_go)) as inbox:
            outcome = post(inbox.url)
            let_go.set()
        assert outcome.verdict == Transient("no answer within 0.3 s")

    def test_what_is_no_http_is_a_failure(self):
        def babble(handler):
            handler.wfile.write(b"220 smtp.example ESMTP\r\n")
            handler.close_connection = True

        with Inbox(lambda _: Reply(raw=babble)) as inbox:
            outcome = post(inbox.url)
        assert outcome.verdict == Transient("no HTTP answer: BadStatusLine")

    def test_nobody_there_is_a_failure(self):
        outcome = post("http://127.0.0.1:9/")
        assert outcome.verdict == Transient("the connection was refused")

    def test_it_speaks_tls_and_checks_the_certificate(self, monkeypatch):
        authority = trustme.CA()
        with Inbox() as inbox:
            inbox.secure(authority.issue_cert("127.0.0.1"))
            url = inbox.url.replace("http://", "https://")
            refused = post(url)
            assert isinstance(refused.verdict, Transient)
            assert "certificate" in refused.verdict.reason
            outgoing._tls.cache_clear()
            authority.configure_trust(outgoing._tls())
            assert post(url).verdict == Delivered()
            assert post(url).verdict == Delivered()
            assert len({a.connection for a in inbox.arrivals}) == 1
            wrong_name = url.replace("127.0.0.1", "localhost")
            assert "certificate" in post(wrong_name).verdict.reason
        outgoing._tls.cache_clear()


class TestClassification:
    @pytest.mark.parametrize(
        ("status", "retry_after", "verdict"),
        [
            (200, None, Delivered()),
            (204, None, Delivered()),
            (
                301,
                None,
                Transient("answered 301, a redirect; redirects are not followed"),
            ),
            (400, None, Omitted("answered 400")),
            (401, None, Unauthorized("answered 401: our credentials are refused")),
            (403, None, Unauthorized("answered 403: our credentials are refused")),
            (404, None, Omitted("answered 404")),
            (405, None, Omitted("answered 405")),
            (408, None, Transient("answered 408")),
            (410, None, Gone("answered 410: the receiver is gone")),
            (413, None, Omitted("answered 413")),
            (422, None, Omitted("answered 422")),
            (425, None, Transient("answered 425")),
            (429, None, Throttled("answered 429", None)),
            (429, "7", Throttled("answered 429", 7.0)),
            (429, "soon", Throttled("answered 429", None)),
            (500, "7", Transient("answered 500")),
            (503, None, Transient("answered 503")),
            (503, "Sun, 01 Mar 2026 00:01:00 GMT", Throttled("answered 503", 60.0)),
            (503, "Sun, 01 Mar 2020 00:01:00 GMT", Throttled("answered 503", 0.0)),
        ],
    )
    def test_what_an_answer_means(self, status, retry_after, verdict):
        assert http_verdicts.of_status(status, retry_after, NOW) == verdict

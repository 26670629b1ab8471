"""A service of the local AWS, behind a server that misbehaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from tests.local_aws import REGION, LocalAws
from tests.subscriptions.contract.harness import Fixture
from tests.subscriptions.faults.schedule import Fault, Schedule, Strike
from tests.subscriptions.faults.server import Answer, Beyond, Misbehaving, Request

WITHIN_S = 0.4
"""How long an answer is waited for."""

Entry = dict[str, Any]
Merge = Callable[[Sequence[Entry], set[int], dict[str, Any], Strike], dict[str, Any]]
"""The answer to entries, of which some have failed, from that to the others."""


class AwsService:
    """Passes calls on; tells of errors as the service does."""

    def __init__(
        self,
        aws: LocalAws,
        service: str,
        *,
        target: str,
        entries: str,
        refusals: dict[Fault, tuple[int, str]],
        merge: Merge,
    ) -> None:
        """`target` names the action, `entries` what of it holds the messages."""
        self._aws = aws
        self._service = service
        self._target = target
        self._entries = entries
        self._refusals = refusals
        self._merge = merge
        parts = urlsplit(aws.endpoint_url)
        assert parts.hostname is not None
        assert parts.port is not None
        self._beyond = Beyond(parts.hostname, parts.port)

    def sends(self, request: Request) -> bool:
        return request.headers.get("X-Amz-Target") == self._target

    def take(self, request: Request) -> Answer:
        return self._beyond.answer(request)

    def take_some(self, request: Request, strike: Strike) -> Answer:
        """Fails each so many-th entry, at least one."""
        call = orjson.loads(request.body)
        entries = call[self._entries]
        step = max(1, round(1 / max(strike.share, 0.01)))
        failing = set(range(0, len(entries), step))
        kept = [each for n, each in enumerate(entries) if n not in failing]
        taken: dict[str, Any] = {}
        if kept:
            answer = self._beyond.answer(self._signed(request, call, kept))
            assert answer.status == 200, answer.body
            taken = orjson.loads(answer.body)
        merged = self._merge(entries, failing, taken, strike)
        return Answer(200, self._headers(request), orjson.dumps(merged))

    def refusal(self, strike: Strike) -> Answer:
        status, code = self._refusals[strike.fault]
        said = {"__type": code, "message": f"made up: {strike.fault.value}"}
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "x-amzn-query-error": f"{code};Sender",
        }
        return Answer(status, headers, orjson.dumps(said))

    def _headers(self, request: Request) -> dict[str, str]:
        return {"Content-Type": request.headers["Content-Type"]}

    def _signed(
        self, request: Request, call: dict[str, Any], kept: Sequence[Entry]
    ) -> Request:
        """The call with fewer entries, signed by the installation, who may do all."""
        headers = {
            name: request.headers[name] for name in ("Content-Type", "X-Amz-Target")
        }
        body = orjson.dumps({**call, self._entries: kept})
        url = f"{self._aws.endpoint_url}{request.path}"
        signed = AWSRequest(request.method, url, headers, body)
        keys = self._aws.keys
        known = Credentials(keys.access_key_id, keys.secret_access_key)
        SigV4Auth(known, self._service, REGION).add_auth(signed)
        return Request(request.method, request.path, dict(signed.headers), body)


@contextmanager
def misbehaving(
    service: AwsService, schedule: Schedule, way: ModuleType, fixture: Fixture
) -> Iterator[None]:
    """Have a channel call the service through a server that misbehaves."""
    impatient = way.QUICK.merge(Config(read_timeout=WITHIN_S))
    with (
        Misbehaving(service, schedule) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(way, "QUICK", impatient)
        fixture("settings").AWS_ENDPOINT_URL = server.url
        yield

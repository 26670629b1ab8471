"""What stands behind the misbehaving server: the local AWS, or a webhook's receiver."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.subscriptions.faults.schedule import Fault, Strike
from tests.subscriptions.faults.server import Answer, Request, passed_on

TARGET = "X-Amz-Target"
JSON = {"Content-Type": "application/x-amz-json-1.1"}
Address = tuple[str, int]


class Aws:
    """Passes requests on to the local AWS; those of one action send messages.

    What takes a part of a send does so in its own name, as the signature of the sender
    is for the whole.
    """

    action: str
    part: str
    """The name of the list of messages in a request."""
    errors: Mapping[Fault, tuple[int, str]]

    def __init__(self, address: Address, client: Any) -> None:
        self._address = address
        self._client = client

    def sends(self, request: Request) -> bool:
        return request.headers.get(TARGET) == self.action

    def take(self, request: Request) -> Answer:
        return passed_on(request, self._address)

    def take_some(self, request: Request, strike: Strike) -> Answer:
        said = json.loads(request.body)
        messages = said[self.part]
        fails = [
            number * strike.share % 1 + strike.share >= 1
            for number in range(1, len(messages) + 1)
        ]
        taken = [each for each, fail in zip(messages, fails, strict=True) if not fail]
        answers = self._send({**said, self.part: taken}) if taken else []
        body = self._told(messages, fails, answers)
        return Answer(200, JSON, json.dumps(body).encode())

    def refusal(self, strike: Strike) -> Answer:
        status, code = self.errors[strike.fault]
        return Answer(
            status, JSON, json.dumps({"__type": code, "message": "As told."}).encode()
        )

    def _send(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        """Send what is taken; an answer for each."""
        raise NotImplementedError

    def _told(
        self,
        messages: Sequence[dict[str, Any]],
        fails: Sequence[bool],
        answers: Sequence[dict[str, Any]],
    ) -> dict[str, Any]:
        """The answer to the whole."""
        raise NotImplementedError


class Kinesis(Aws):
    """Amazon Kinesis Data Streams."""

    action = "Kinesis_20131202.PutRecords"
    part = "Records"
    errors = {
        Fault.ERROR: (500, "InternalFailure"),
        Fault.UNAVAILABLE: (503, "ServiceUnavailable"),
        Fault.THROTTLE: (400, "ProvisionedThroughputExceededException"),
        Fault.EXPIRED: (400, "ExpiredTokenException"),
    }

    def _send(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        records = [
            {**each, "Data": base64.b64decode(each["Data"])} for each in said["Records"]
        ]
        sent = self._client.put_records(StreamName=said["StreamName"], Records=records)
        found: list[dict[str, Any]] = sent["Records"]
        return found

    def _told(
        self,
        messages: Sequence[dict[str, Any]],
        fails: Sequence[bool],
        answers: Sequence[dict[str, Any]],
    ) -> dict[str, Any]:
        left = iter(answers)
        failed = {
            "ErrorCode": "ProvisionedThroughputExceededException",
            "ErrorMessage": "Rate exceeded for the shard.",
        }
        return {
            "FailedRecordCount": sum(fails),
            "Records": [failed if fail else next(left) for fail in fails],
        }


class Sqs(Aws):
    """Amazon SQS."""

    action = "AmazonSQS.SendMessageBatch"
    part = "Entries"
    errors = {
        Fault.ERROR: (500, "InternalFailure"),
        Fault.UNAVAILABLE: (503, "ServiceUnavailable"),
        Fault.THROTTLE: (400, "RequestThrottled"),
        Fault.EXPIRED: (403, "ExpiredToken"),
    }

    def _send(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        sent = self._client.send_message_batch(**said)
        found: list[dict[str, Any]] = sent["Successful"]
        return found

    def _told(
        self,
        messages: Sequence[dict[str, Any]],
        fails: Sequence[bool],
        answers: Sequence[dict[str, Any]],
    ) -> dict[str, Any]:
        return {
            "Successful": answers,
            "Failed": [
                {"Id": each["Id"], "Code": "InternalError", "SenderFault": False}
                for each, fail in zip(messages, fails, strict=True)
                if fail
            ],
        }


class Webhook:
    """A receiver of webhooks."""

    errors = {
        Fault.ERROR: (500, {}),
        Fault.UNAVAILABLE: (503, {}),
        Fault.THROTTLE: (429, {"Retry-After": "7"}),
        Fault.EXPIRED: (401, {}),
    }

    def __init__(self, address: Address) -> None:
        self._address = address

    def sends(self, request: Request) -> bool:
        return True

    def take(self, request: Request) -> Answer:
        return passed_on(request, self._address)

    def take_some(self, request: Request, strike: Strike) -> Answer:
        """A message comes alone: it is taken whole."""
        return self.take(request)

    def refusal(self, strike: Strike) -> Answer:
        status, headers = self.errors[strike.fault]
        return Answer(status, headers)

"""A queue at the local AWS: a standard one, and a FIFO queue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson

from lyticsapp.accounts.models import Account
from subscriptions.channels import sqs
from tests.local_aws import REGION, LocalAws
from tests.subscriptions.contract.aws import Writer
from tests.subscriptions.contract.channels.sqs import QUEUE, SEND
from tests.subscriptions.contract.harness import Body, Fixture
from tests.subscriptions.faults.aws import AwsService, Entry, misbehaving
from tests.subscriptions.faults.harness import Destination
from tests.subscriptions.faults.schedule import Fault, Schedule, Strike

NAMES = {"standard": QUEUE, "fifo": f"{QUEUE}.fifo"}
WAYS = tuple(NAMES)
FAULTS = tuple(set(Fault) - {Fault.DETACH})
REFUSALS = {
    Fault.ERROR: (500, "InternalFailure"),
    Fault.UNAVAILABLE: (503, "ServiceUnavailable"),
    Fault.THROTTLE: (403, "RequestThrottled"),
    Fault.EXPIRED: (403, "ExpiredToken"),
}


class Queue:
    """What is received is taken from the queue, and kept here."""

    def __init__(self, aws: LocalAws, name: str) -> None:
        self._sqs = aws.client("sqs")
        self._taken: list[Body] = []
        attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        made = self._sqs.create_queue(QueueName=name, Attributes=attributes)
        self._url = made["QueueUrl"]

    def received(self) -> list[Body]:
        while found := self._next():
            for each in found:
                self._taken.append(orjson.loads(each["Body"]))
                self._sqs.delete_message(
                    QueueUrl=self._url, ReceiptHandle=each["ReceiptHandle"]
                )
        return self._taken

    def _next(self) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found


@contextmanager
def destination(
    way: str, schedule: Schedule, account: Account, fixture: Fixture
) -> Iterator[Destination]:
    aws: LocalAws = fixture("installation")
    aws.reset()
    queue = Queue(aws, NAMES[way])
    authorization = Writer(aws, account, SEND).authorization
    service = AwsService(
        aws,
        "sqs",
        target="AmazonSQS.SendMessageBatch",
        entries="Entries",
        refusals=REFUSALS,
        merge=_merged,
    )
    config = {
        "queue_url": f"https://{REGION}.queue.amazonaws.com/{aws.account}/{NAMES[way]}",
        "region": REGION,
    }
    with misbehaving(service, schedule, sqs, fixture):
        yield Destination(
            config, authorization, queue.received, takes_once=way == "fifo"
        )


def _merged(
    entries: Sequence[Entry], failing: set[int], taken: dict[str, Any], strike: Strike
) -> dict[str, Any]:
    code = "RequestThrottled" if strike.abruptly else "InternalError"
    return {
        **taken,
        "Failed": [
            {"Id": each["Id"], "Code": code, "SenderFault": False}
            for number, each in enumerate(entries)
            if number in failing
        ],
    }

"""A queue at the local AWS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import orjson

from lyticsapp.accounts.models import Account
from tests.local_aws import REGION, LocalAws, allow
from tests.subscriptions.contract.aws import Writer
from tests.subscriptions.contract.harness import Body, Fixture

QUEUE = "triggers"
SEND = allow("sqs:SendMessage", "*")


class Queue:
    """What is received stays hidden in the queue, and is kept here."""

    missing = "sqs:SendMessage"

    def __init__(self, aws: LocalAws, account: Account) -> None:
        self._sqs = aws.client("sqs")
        self._writer = Writer(aws, account, SEND)
        self._taken: list[Body] = []
        self._url = self._created()
        self.authorization = self._writer.authorization
        self.config = {
            "queue_url": f"https://{REGION}.queue.amazonaws.com/{aws.account}/{QUEUE}",
            "region": REGION,
            "user_attributes": ["user_id"],
        }

    def received(self) -> list[Body]:
        while found := self._next():
            self._taken += found
        return list(self._taken)

    def break_credentials(self) -> None:
        self._writer.forbid()

    def take_away(self) -> None:
        self.received()
        self._sqs.delete_queue(QueueUrl=self._url)

    def mend(self) -> None:
        self._writer.allow()
        self._created()

    def _created(self) -> str:
        url: str = self._sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
        return url

    def _next(self) -> list[Body]:
        answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
        return [orjson.loads(each["Body"]) for each in answer.get("Messages", [])]


@contextmanager
def harness(account: Account, fixture: Fixture) -> Iterator[Queue]:
    yield Queue(fixture("installation"), account)

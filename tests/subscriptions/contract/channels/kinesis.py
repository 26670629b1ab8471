"""A stream of two shards at the local AWS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import orjson

from lyticsapp.accounts.models import Account
from tests.local_aws import REGION, LocalAws, allow
from tests.subscriptions.contract.aws import Writer
from tests.subscriptions.contract.harness import Body, Fixture

STREAM = "triggers"
WRITE = allow(["kinesis:PutRecord", "kinesis:PutRecords"], "*")


class Stream:
    """Made anew when it is mended, after it was deleted; it keeps what it has had."""

    missing = "kinesis:PutRecord"

    def __init__(self, aws: LocalAws, account: Account) -> None:
        self._kinesis = aws.client("kinesis")
        self._writer = Writer(aws, account, WRITE)
        self._before: list[Body] = []
        self._is_there = False
        self.authorization = self._writer.authorization
        self.config = {"region": REGION, "stream": STREAM}
        self.mend()

    def received(self) -> list[Body]:
        return self._before + self._records() if self._is_there else list(self._before)

    def break_credentials(self) -> None:
        self._writer.forbid()

    def take_away(self) -> None:
        self._before += self._records()
        self._kinesis.delete_stream(StreamName=STREAM)
        self._is_there = False

    def mend(self) -> None:
        self._writer.allow()
        if not self._is_there:
            self._kinesis.create_stream(StreamName=STREAM, ShardCount=2)
            self._is_there = True

    def _records(self) -> list[Body]:
        """Shard by shard: all of a user are in the same one."""
        shards = self._kinesis.list_shards(StreamName=STREAM)["Shards"]
        return [body for each in shards for body in self._of(each["ShardId"])]

    def _of(self, shard_id: str) -> list[Body]:
        iterator = self._kinesis.get_shard_iterator(
            StreamName=STREAM, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found = self._kinesis.get_records(ShardIterator=iterator)["Records"]
        return [orjson.loads(each["Data"]) for each in found]


@contextmanager
def harness(account: Account, fixture: Fixture) -> Iterator[Stream]:
    yield Stream(fixture("installation"), account)

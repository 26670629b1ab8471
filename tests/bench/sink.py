"""The least that a channel's requests can be answered with, in a process of its own.

    with sink() as address: ...

It reads each request, and answers as a webhook, Kinesis or SQS would that takes all.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from lyticsapp.local.parts import HOST
from tests.bench.serving import serving

RECORD = b'{"SequenceNumber":"1","ShardId":"shardId-000000000000"}'


class _Sink(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._read = bytearray()

    def data_received(self, data: bytes) -> None:
        self._read += data
        while True:
            end = self._read.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._read[:end]).lower()
            length = _length(head)
            if len(self._read) < end + 4 + length:
                return
            body = bytes(self._read[end + 4 : end + 4 + length])
            del self._read[: end + 4 + length]
            answer = _answer(head, body)
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(answer), answer)
            )


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


def _answer(head: bytes, body: bytes) -> bytes:
    if b"kinesis_20131202.putrecords" in head:
        records = b",".join([RECORD] * body.count(b'"PartitionKey"'))
        return b'{"FailedRecordCount":0,"Records":[%b]}' % records
    if b"amazonsqs.sendmessagebatch" in head:
        entries = json.loads(body)["Entries"]
        taken = [
            {"Id": e["Id"], "MessageId": "1", "MD5OfMessageBody": ""} for e in entries
        ]
        return json.dumps({"Successful": taken, "Failed": []}).encode()
    return b"{}"


@contextmanager
def sink() -> Iterator[str]:
    """The address of a sink that runs until the block ends."""
    with serving("tests.bench.sink") as port:
        yield f"http://{HOST}:{port}"


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Sink, HOST, port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))

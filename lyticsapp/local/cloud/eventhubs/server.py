"""The port on which everything is served, plainly or with TLS."""

from __future__ import annotations

import asyncio
import ssl

from lyticsapp.local.cloud.eventhubs import control, http, rest, websockets
from lyticsapp.local.cloud.eventhubs.connection import Connection
from lyticsapp.local.cloud.eventhubs.errors import DroppedError, EventHubsError
from lyticsapp.local.cloud.eventhubs.http import Request, Response
from lyticsapp.local.cloud.eventhubs.namespace import Namespace
from lyticsapp.local.cloud.eventhubs.streams import ByteStream, SocketStream

FIRST_BYTES_TIMEOUT_S = 60
AMQP = b"AMQP"
# How a connection ends otherwise than by agreement; cancelled when the server stops.
ENDINGS = (
    asyncio.CancelledError,
    *(DroppedError, EventHubsError, TimeoutError, ConnectionError, ssl.SSLError),
    *(asyncio.IncompleteReadError, asyncio.LimitOverrunError),
)


class Server:
    """Serves one namespace to any number of peers, in one event loop."""

    def __init__(self, namespace: Namespace, *, tls: ssl.SSLContext | None = None):
        self.namespace = namespace
        self._tls = tls
        self._amqp: set[asyncio.StreamWriter] = set()

    async def start(self, host: str, port: int) -> asyncio.Server:
        """Begin to listen; serves while the loop runs."""
        return await asyncio.start_server(self._serve, host, port, ssl=self._tls)

    def drop_connections(self) -> None:
        """End every AMQP connection as a network fault would."""
        for writer in self._amqp:
            writer.transport.abort()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            async with asyncio.timeout(FIRST_BYTES_TIMEOUT_S):
                start = await reader.readexactly(len(AMQP))
            stream = SocketStream(start, reader, writer)
            if start == AMQP:
                await self._serve_amqp(stream, writer)
            else:
                await self._serve_http(stream, writer)
        except* ENDINGS:
            pass
        finally:
            writer.close()

    async def _serve_amqp(
        self, stream: ByteStream, writer: asyncio.StreamWriter
    ) -> None:
        self._amqp.add(writer)
        try:
            await Connection(stream, self.namespace).serve()
        finally:
            self._amqp.remove(writer)

    async def _serve_http(
        self, stream: SocketStream, writer: asyncio.StreamWriter
    ) -> None:
        while True:
            try:
                request = await http.read(stream)
                if request.path == websockets.PATH:
                    await self._upgrade(request, stream, writer)
                    return
            except EventHubsError as error:
                await stream.write(rest.refusal(error).as_bytes())
                return
            await stream.write((await self._answer(request)).as_bytes())

    async def _upgrade(
        self, request: Request, stream: SocketStream, writer: asyncio.StreamWriter
    ) -> None:
        headers = websockets.accept(request.headers)
        await stream.write(Response(status=101, headers=headers).as_bytes())
        await self._serve_amqp(websockets.WebSocketStream(stream), writer)

    async def _answer(self, request: Request) -> Response:
        if request.path.startswith(f"/{control.ROOT}/"):
            return control.answer(request, self.namespace, drop=self.drop_connections)
        return await rest.answer(request, self.namespace)

"""The connections of the Azure SDK, within reach to be cut.

The SDK sets no limit to a handshake, nor to the wait for a link: a peer that falls
silent would hold a thread for good.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from azure.eventhub._pyamqp.client import AMQPClient
from azure.eventhub._transport._pyamqp_transport import PyamqpTransport


class Connections(PyamqpTransport):
    """What the SDK makes its connections with, and who knows them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: WeakSet[AMQPClient] = WeakSet()
        self._is_cut = False

    def create_send_client(self, **options: Any) -> AMQPClient:  # type: ignore[override]
        return self._kept(PyamqpTransport.create_send_client(**options))

    def create_mgmt_client(self, *args: Any, **options: Any) -> AMQPClient:  # type: ignore[override]
        made = PyamqpTransport.create_mgmt_client(*args, **options)  # type: ignore[no-untyped-call]
        return self._kept(made)

    def cut(self) -> None:
        """End each connection at once, and let no more be made."""
        with self._lock:
            self._is_cut = True
            clients = list(self._clients)
        for client in clients:
            _cut(client)

    def _kept(self, client: AMQPClient) -> AMQPClient:
        with self._lock:
            if self._is_cut:
                raise ConnectionError("the connection was given up")
            self._clients.add(client)
        return client


def _cut(client: AMQPClient) -> None:
    connection = client._connection
    opened = connection and connection._transport.sock
    plain = getattr(opened, "sock", opened)  # a WebSocket has one of its own
    if plain is not None:
        with suppress(OSError):  # it has ended by itself
            socket.socket.shutdown(plain, socket.SHUT_RDWR)

"""A server in a thread of the test."""

from __future__ import annotations

import socketserver
import threading
from typing import Self

POLL_S = 0.01


class Serving:
    """Serves until the block ends."""

    def __init__(self, server: socketserver.BaseServer) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(POLL_S,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

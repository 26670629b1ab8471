"""HTTP requests to addresses that customers chose.

Each request has one deadline for all of it, however slowly the other side takes
or answers. Connections stay open and are used again. Redirects are not followed,
no proxy is used, and no more than a piece of the answer is read. Which addresses
may be reached is decided in `lyticsapp.network.addresses`, for each connection, by
the address it really goes to.
"""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from lyticsapp.network import addresses

CONNECT_TIMEOUT_S = 5.0
IDLE_S = 30.0
IDLE_PER_ORIGIN = 32
READ_LIMIT_BYTES = 64 * 1024
WATCH_EVERY_S = 0.25

Origin = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: the status, the headers and the beginning of the body."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    timeout_s: float,
) -> Answer:
    """One request and its answer.

    Raises AddressRefusedError, OSError (TimeoutError where the time ran out) or
    http.client.HTTPException.
    """
    deadline = time.monotonic() + timeout_s
    parts = urlsplit(url)
    https = parts.scheme == "https"
    origin = (parts.scheme, parts.hostname or "", parts.port or (443 if https else 80))
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _idle.take(origin)
    if connection is not None:
        try:
            return _exchange(connection, method, target, headers, body, deadline)
        except (ConnectionError, http.client.BadStatusLine):
            connection.close()  # it was closed while it lay idle: begin anew
            if time.monotonic() >= deadline:
                raise
    connection = _Connection(origin, deadline)
    return _exchange(connection, method, target, headers, body, deadline)


def close_idle() -> None:
    """Close the connections that wait for their next request."""
    _idle.close()


class _Connection(http.client.HTTPConnection):
    """A connection to a permitted address, with TLS where the origin asks for it."""

    def __init__(self, origin: Origin, deadline: float) -> None:
        super().__init__(origin[1], origin[2])
        self.origin = origin
        self._deadline = deadline
        self.default_port = 443 if origin[0] == "https" else 80

    def connect(self) -> None:
        """Connect to the first permitted address that answers."""
        plain = _connected(self.host, self.port, self._deadline)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sock = plain
            if self.origin[0] == "https":
                self.sock = self._secured(plain)
        except OSError:
            plain.close()
            raise

    def _secured(self, plain: socket.socket) -> ssl.SSLSocket:
        left = _remaining(self._deadline, CONNECT_TIMEOUT_S)
        plain.settimeout(left)
        with _watch.until(time.monotonic() + left, plain):
            return _tls().wrap_socket(plain, server_hostname=self.host)

    def is_usable(self) -> bool:
        """Whether the other side has left the idle connection open."""
        if self.sock is None:
            return False
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return not poll.poll(0)


def _connected(host: str, port: int, deadline: float) -> socket.socket:
    failure: OSError = OSError(f"{host} has no address")
    for address in addresses.resolve(host, port):
        try:
            return socket.create_connection(
                address, _remaining(deadline, CONNECT_TIMEOUT_S)
            )
        except OSError as error:
            failure = error
    raise failure


def _exchange(
    connection: _Connection,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
    deadline: float,
) -> Answer:
    """Send and read before the deadline; keeps the connection where it can be."""
    try:
        if connection.sock is None:
            connection.connect()
        connection.sock.settimeout(_remaining(deadline))
        with _watch.until(deadline, connection.sock):
            connection.request(method, target, body, dict(headers))
            response = connection.getresponse()
            _remaining(deadline)  # headers cut short by the watch look complete
            read = response.read(READ_LIMIT_BYTES)
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        if time.monotonic() >= deadline:
            raise TimeoutError("the time ran out") from error
        raise
    if response.will_close or not response.isclosed() or time.monotonic() >= deadline:
        connection.close()
    else:
        _idle.put(connection)
    return Answer(response.status, response.headers, read)


def _remaining(deadline: float, most: float = float("inf")) -> float:
    left = min(deadline - time.monotonic(), most)
    if left <= 0:
        raise TimeoutError("the time ran out")
    return left


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class _IdleConnections:
    """Connections that wait for their next request, for a short while."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_origin: dict[Origin, list[tuple[float, _Connection]]] = {}
        self._tidied_at = 0.0

    def take(self, origin: Origin) -> _Connection | None:
        """The connection to this origin that was used last, if one is usable."""
        while True:
            with self._lock:
                waiting = self._by_origin.get(origin)
                if not waiting:
                    return None
                since, connection = waiting.pop()
            if time.monotonic() - since < IDLE_S and connection.is_usable():
                return connection
            connection.close()

    def put(self, connection: _Connection) -> None:
        """Let a connection wait."""
        now = time.monotonic()
        with self._lock:
            waiting = self._by_origin.setdefault(connection.origin, [])
            waiting.append((now, connection))
            stale = [waiting.pop(0)] if len(waiting) > IDLE_PER_ORIGIN else []
            if now - self._tidied_at > IDLE_S:
                self._tidied_at = now
                stale += self._expired(now)
        for _, old in stale:
            old.close()

    def close(self) -> None:
        """Close all that wait."""
        with self._lock:
            waiting = [each for all_ in self._by_origin.values() for each in all_]
            self._by_origin.clear()
        for _, connection in waiting:
            connection.close()

    def _expired(self, now: float) -> list[tuple[float, _Connection]]:
        expired = []
        for origin, waiting in list(self._by_origin.items()):
            expired += [each for each in waiting if now - each[0] >= IDLE_S]
            kept = [each for each in waiting if now - each[0] < IDLE_S]
            if kept:
                self._by_origin[origin] = kept
            else:
                del self._by_origin[origin]
        return expired


class _Watch:
    """Ends exchanges whose time has run out.

    A socket's timeout begins anew with each byte; a peer that sends one now and
    then would never meet it. Shutting the socket down ends the read.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: dict[object, tuple[float, socket.socket]] = {}
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def until(self, deadline: float, sock: socket.socket) -> Iterator[None]:
        """Shut the socket down at the deadline, unless the block has ended."""
        token = object()
        with self._lock:
            self._watched[token] = (deadline, sock)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, name="send-deadlines", daemon=True
                )
                self._thread.start()
        self._wanted.set()
        try:
            yield
        finally:
            with self._lock:
                del self._watched[token]

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            time.sleep(WATCH_EVERY_S)
            now = time.monotonic()
            with self._lock:
                for deadline, sock in self._watched.values():
                    if now >= deadline:
                        _shut_down(sock)
                if not self._watched:
                    self._wanted.clear()


def _shut_down(sock: socket.socket) -> None:
    """End the connection below TLS, which another thread may be reading from."""
    try:
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        return  # it has ended by itself


_idle = _IdleConnections()
_watch = _Watch()

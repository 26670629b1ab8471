"""The servers of a home, shared by every command that uses it.

Whoever comes first starts them; whoever leaves last stops them. A shared file
lock counts the users, so one that was killed is not counted any more.
"""

from __future__ import annotations

from lyticsapp.local import postgres, redis
from lyticsapp.local.home import Home
from lyticsapp.local.locks import FileLock


class Servers:
    """The embedded servers of a home that this process uses."""

    def __init__(self, home: Home, *, use_postgres: bool, use_redis: bool) -> None:
        self.home = home
        self.use_postgres = use_postgres
        self.use_redis = use_redis
        self.postgres: postgres.PostgresServer | None = None
        self.redis: redis.RedisServer | None = None
        self._users = FileLock(home.run / "servers.lock")
        self._starting = FileLock(home.run / "starting.lock")

    def start(self) -> None:
        """Find the servers of this home, or start them."""
        self._users.take_shared()
        with self._starting.exclusively():
            if self.use_postgres:
                self.postgres = self._start_postgres()
            if self.use_redis:
                self.redis = self._start_redis()

    def restart_ended(self) -> list[str]:
        """Start those that died; the names of these."""
        restarted = []
        with self._starting.exclusively():
            if self.postgres is not None and not self.postgres.is_alive():
                self.postgres = self._start_postgres()
                restarted.append("PostgreSQL")
            if self.redis is not None and not self.redis.is_alive():
                self.redis = self._start_redis()
                restarted.append("Redis")
        return restarted

    def leave(self) -> None:
        """Stop the servers unless another command uses them."""
        if self._users.try_exclusive():
            self._stop()
        self._users.release()

    def stop(self) -> None:
        """Stop the servers whoever uses them."""
        self._stop()
        self._users.release()

    def _stop(self) -> None:
        """First by our own handles, which then know that what we started has ended."""
        for server in (self.redis, self.postgres):
            if server is not None:
                server.stop()
        stop(self.home)

    def _start_postgres(self) -> postgres.PostgresServer:
        return postgres.start(
            self.home.postgres,
            socket_dir=self.home.sockets,
            log=self.home.logs / "postgres.log",
        )

    def _start_redis(self) -> redis.RedisServer:
        return redis.start(self.home.redis, log=self.home.logs / "redis.log")


def stop(home: Home) -> None:
    """Stop the servers of a home: first the hints, then what lasts."""
    for server in (redis.find(home.redis), postgres.find(home.postgres)):
        if server is not None:
            server.stop()

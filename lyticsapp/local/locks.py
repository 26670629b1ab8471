"""File locks that a crashed holder lets go of by itself."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


class FileLock:
    """An advisory lock on a file, shared or exclusive, held while it is open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def take_shared(self) -> None:
        fcntl.flock(self._open(), fcntl.LOCK_SH)

    def take_exclusive(self) -> None:
        fcntl.flock(self._open(), fcntl.LOCK_EX)

    def try_exclusive(self) -> bool:
        """Take the lock for this process alone, unless somebody else holds it."""
        try:
            fcntl.flock(self._open(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def fileno(self) -> int:
        """The descriptor: a child that inherits it holds the lock as well."""
        return self._open()

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        self.take_exclusive()
        try:
            yield
        finally:
            self.release()

    def _open(self) -> int:
        if self._file is None:
            self._file = self.path.open("a+")
        return self._file.fileno()

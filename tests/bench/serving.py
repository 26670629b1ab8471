"""A server in a process of its own, so that its work is not measured."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench.ground import ROOT
from tests.ports import free_port, is_taken
from tests.waiting import wait_until


@contextmanager
def serving(module: str) -> Iterator[int]:
    """The port on which a module, told it, listens until the block ends."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", module, str(port)], cwd=ROOT)
    try:
        wait_until(lambda: is_taken(port), what=f"{module} to listen")
        yield port
    finally:
        process.kill()
        process.wait()

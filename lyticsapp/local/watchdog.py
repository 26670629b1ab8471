"""Stops a home's processes when `up` is killed and cannot do it itself.

Run as a process of its own. It reads a pipe that nobody writes to: the pipe
ends when `up` does, in whatever way. It inherits the lock of `up`, so that the
next one waits until this one is done.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    sys.stdin.buffer.read()
    # Only now: until then it costs next to no memory.
    from lyticsapp.local import leftovers
    from lyticsapp.local.home import Home
    from lyticsapp.local.servers import Servers

    home = Home(path=Path(sys.argv[1]))
    leftovers.stop(home)
    Servers(home, use_postgres=False, use_redis=False).leave()


if __name__ == "__main__":
    main()

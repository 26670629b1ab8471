"""The parts' log files, kept from growing without bound."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MAX_BYTES = 10 * 1024 * 1024


def rotate(directory: Path) -> None:
    """Keep one older copy of each log that grew too large.

    The writers hold their files open to append, so a file is copied and cut
    rather than renamed; a line written in between may be lost.
    """
    for path in directory.glob("*.log"):
        if path.stat().st_size > MAX_BYTES:
            shutil.copyfile(path, path.with_suffix(".log.1"))
            os.truncate(path, 0)

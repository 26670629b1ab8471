"""python -m tests.conformance DIR: prints the score and what it is made of.

Ends with 1 where a file is below the score that is wanted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from tests.conformance.scoring import details, score, table
from tests.conformance.vectors import FILES, read


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.conformance", description=__doc__)
    parser.add_argument("directory", type=Path, help="where the vector files are")
    directory = parser.parse_args(arguments).directory
    clock = datetime.now(UTC).replace(microsecond=0)
    scores = [score(name, read(directory, name), clock) for name in FILES]
    for one in scores:
        _write([one.name, *details(one), ""])
    _write(table(scores))
    return 0 if all(one.will_do for one in scores) else 1


def _write(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())

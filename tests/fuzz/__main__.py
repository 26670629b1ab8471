"""Fuzzes the language: python -m tests.fuzz SECONDS [TARGET ...]

The time is shared by the targets, each in a process of its own. Prints the executions
of each and what it found; ends with 1 where something was found.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from tests.fuzz.targets import TARGETS

SHOWN = 4_000
GRACE_S = 120


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("seconds", type=float)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], default=[])
    asked = parser.parse_args()
    names = asked.targets or list(TARGETS)
    found = [name for name in names if not _run(name, asked.seconds / len(names))]
    return 1 if found else 0


def _run(name: str, seconds: float) -> bool:
    """Whether nothing was found."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.one", name, str(seconds)],
        capture_output=True,
        text=True,
        timeout=seconds + GRACE_S,
    )
    told = [line for line in done.stdout.splitlines() if line.isdigit()]
    count = int(told[-1]) if told else 0
    verdict = "nothing" if done.returncode == 0 else "something"
    sys.stdout.write(f"{name:<60} {count:>10,} executions, found {verdict}\n")
    if done.returncode:
        sys.stdout.write((done.stdout + done.stderr)[-SHOWN:])
    sys.stdout.flush()
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())

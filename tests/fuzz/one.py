"""Fuzzes one target: python -m tests.fuzz.one NAME SECONDS

Ends well after the time, and with the finding as soon as there is one. The last number
in the output is that of the executions.
"""

from __future__ import annotations

import importlib.util
import random
import sys
import time
from pathlib import Path

LARGEST_INPUT = 4_096
CORPUS = Path("build/fuzz")


def main(name: str, seconds: float) -> None:
    guided = importlib.util.find_spec("atheris") is not None
    run = _guided if guided else _blind
    run(name, seconds)


def _blind(name: str, seconds: float) -> None:
    from tests.fuzz.targets import target

    fuzz, count, ends = target(name), 0, time.monotonic() + seconds
    while time.monotonic() < ends:
        fuzz(random.randbytes(random.randint(0, LARGEST_INPUT)))
        count += 1
    sys.stdout.write(f"{count}\n")


def _guided(name: str, seconds: float) -> None:
    """By coverage: inputs that reach new places are kept and varied."""
    import atheris

    with atheris.instrument_imports(include=["segments.filterql"]):
        from tests.fuzz.targets import target
    fuzz, ran = target(name), _Count()
    corpus = CORPUS / name
    corpus.mkdir(parents=True, exist_ok=True)

    def once(data: bytes) -> None:
        ran.add()
        fuzz(data)

    limits = (f"-max_total_time={int(seconds)}", f"-max_len={LARGEST_INPUT}")
    kept = f"-artifact_prefix={corpus}/"
    atheris.Setup([sys.argv[0], str(corpus), *limits, kept, "-verbosity=0"], once)
    atheris.Fuzz()


class _Count:
    """Counts executions and tells them as the process ends, which libFuzzer does."""

    def __init__(self) -> None:
        self._count = 0
        self._told = time.monotonic()

    def add(self) -> None:
        self._count += 1
        if time.monotonic() - self._told > 1:
            self._told = time.monotonic()
            sys.stdout.write(f"{self._count}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))

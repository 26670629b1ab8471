"""Measures: python -m tests.bench [NAME]

Without a name every benchmark is run at a reduced size; with one, that benchmark
at its full size. Each runs in a process and on servers of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench import report
from tests.bench.ground import ROOT

NAMES = (
    "events",
    "collect",
    "latency",
    "memory",
    "evaluation",
    "segments",
    "walks",
    "backlog",
    "channels",
    "queue",
)


def main(arguments: list[str]) -> int:
    unknown = [name for name in arguments if name not in NAMES]
    if unknown or len(arguments) > 1:
        sys.stderr.write(f"usage: make bench [ARGS={'|'.join(NAMES)}]\n")
        return 2
    size = "full" if arguments else "reduced"
    failed = []
    for name in arguments or NAMES:
        sys.stdout.write(f"{name} ({size}) ...\n")
        sys.stdout.flush()
        finding = _run(name, size)
        if finding is None:
            failed.append(name)
        else:
            report.keep(name, finding | {"size": size})
    sys.stdout.write("\n" + report.table(report.kept()) + "\n")
    if failed:
        sys.stderr.write(f"\nnot measured, see above: {', '.join(failed)}\n")
    return 1 if failed else 0


def _run(name: str, size: str) -> dict[str, Any] | None:
    with tempfile.TemporaryDirectory() as directory:
        output = Path(directory) / "finding.json"
        ended = subprocess.run(
            [sys.executable, "-m", "tests.bench.one", name, size, str(output)],
            cwd=ROOT,
            check=False,
        )
        if ended.returncode != 0:
            return None
        found: dict[str, Any] = json.loads(output.read_text())
        return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Runs one benchmark in a process and on servers of its own.

python -m tests.bench.one NAME full|reduced FILE
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from tests.bench import ground


def main(name: str, size: str, output: str) -> None:
    with ground.prepared() as home:
        # The benchmarks import models, which want Django to be set up.
        benchmark = importlib.import_module(f"tests.bench.{name}")
        finding = benchmark.measure(home, getattr(benchmark, size.upper()))
    Path(output).write_text(json.dumps(finding.as_json()))


if __name__ == "__main__":
    main(*sys.argv[1:])

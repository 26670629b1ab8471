"""The table, `bench-results.json` and `docs/performance.md`.

Each benchmark's last finding is kept, so that those measured one by one at full
size stand together in one page.
"""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from django import VERSION as DJANGO

from lyticsapp.local.postgres import VERSION as POSTGRESQL
from tests.bench.ground import ROOT

RESULTS = ROOT / "bench-results.json"
PAGE = ROOT / "docs" / "performance.md"
HEAD = ("what", "measured", "floor", "ratio", "aim", "met")

Results = dict[str, dict[str, Any]]


def kept() -> Results:
    """The last finding of each benchmark."""
    if not RESULTS.exists():
        return {}
    results: Results = json.loads(RESULTS.read_text())["benchmarks"]
    return results


def keep(name: str, finding: dict[str, Any]) -> None:
    """Keep a finding and write both files anew."""
    measured_at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    results = kept() | {name: finding | {"measured_at": measured_at}}
    machine = _machine()
    RESULTS.write_text(
        json.dumps({"machine": machine, "benchmarks": results}, indent=2) + "\n"
    )
    PAGE.write_text(_page(machine, results))


def table(results: Results) -> str:
    """The figures as a Markdown table, which reads as well on a terminal."""
    rows = [HEAD, *(_row(figure) for each in results.values() for figure in _of(each))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = [
        "| " + " | ".join(map(str.ljust, row, widths)) + " |"  # type: ignore[arg-type]
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _of(finding: dict[str, Any]) -> list[dict[str, Any]]:
    figures: list[dict[str, Any]] = finding["figures"]
    return figures


def _row(figure: dict[str, Any]) -> tuple[str, ...]:
    bound = "≥" if figure["at_least"] else "≤"
    return (
        figure["what"],
        _amount(figure["measured"], figure["unit"]),
        _amount(figure["floor"], figure["unit"]),
        f"{figure['ratio']:.2f}",
        f"{bound} {figure['aim']:g}",
        "yes" if figure["met"] else "no",
    )


def _amount(value: float, unit: str) -> str:
    digits = 0 if value >= 100 else 1
    return f"{value:,.{digits}f} {unit}"


def _page(machine: dict[str, str], results: Results) -> str:
    notes = "\n\n".join(
        f"**{name}** ({each['size']} size, {each['measured_at']}): {each['sizes']}."
        f" {each['how']}"
        for name, each in results.items()
    )
    facts = "\n".join(f"- {name}: {value}" for name, value in machine.items())
    return f"""# Performance

Written by `make bench`, which measures everything at a reduced size; `make bench
ARGS=NAME` measures one at full size. Each figure stands beside a floor, the least
that the same work could take, measured in the same run on the same machine: the
ratio says what the product adds, the rest says how fast the machine is.

{table(results)}

## How it was measured

{notes}

## The machine

{facts}
"""


def _machine() -> dict[str, str]:
    packages = ("psycopg", "celery", "gunicorn", "orjson")
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "PostgreSQL": f"{POSTGRESQL}, as the embedded default sets it up",
        "packages": ", ".join(
            [
                f"Django {'.'.join(map(str, DJANGO[:3]))}",
                *(f"{name} {version(name)}" for name in packages),
            ]
        ),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()

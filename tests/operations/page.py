"""What docs/operations.md has people type, read from the page itself."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/operations.md"


def section(title: str) -> str:
    """The text under a heading."""
    parts = re.split(r"^## (.+)$", PAGE.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[title]


def blocks(title: str, language: str) -> list[str]:
    """The code blocks of a language under a heading."""
    found = re.findall(rf"^ *```{language}\n(.*?)^ *```$", section(title), re.S | re.M)
    return [re.sub(r"^ +", "", block, flags=re.MULTILINE) for block in found]


def run(title: str, places: Mapping[str, str], *, limit_s: float) -> None:
    """Run the first shell block under a heading, with its names put in their places."""
    text = blocks(title, "bash")[0].replace(".venv/", f"{sys.prefix}/")
    for name, place in places.items():
        text = text.replace(name, place)
    ended = subprocess.run(
        ["bash", "-euc", text],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def units() -> dict[str, list[str]]:
    """The command of each systemd unit, as systemd would start it."""
    found = re.findall(
        r"^# (?:\S*/)?lyticsapp-(\S+)\.service.*?^ExecStart=(\S+) (.*?)$",
        "\n".join(blocks("Several hosts", "ini")),
        re.DOTALL | re.MULTILINE,
    )
    return {
        name: [sys.executable, *shlex.split(arguments.replace("%%", "%"))]
        for name, _, arguments in found
    }


def environment_file() -> dict[str, str]:
    """The settings that all hosts are given."""
    lines = blocks("Several hosts", "bash")[0].splitlines()
    return dict(line.split("=", 1) for line in lines)

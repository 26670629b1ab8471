"""Hosts of an installation: each has its own folder, and the environment in common."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil
import requests

from lyticsapp.local import processes
from lyticsapp.local.parts import HOST
from tests.operations import page
from tests.ports import free_port
from tests.waiting import wait_until

PATIENCE_S = 90


class Host:
    """One host; its parts are started by the page's commands."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        folder.mkdir()
        self.folder = folder
        self.environ = {
            "PATH": os.environ["PATH"],
            **environ,
            "LYTICSAPP_HOME": str(folder),
        }
        self._running: dict[str, psutil.Popen] = {}
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"

    def ensure(self, *units: str) -> None:
        """Have these parts run, whichever test comes first."""
        for unit in units:
            if unit in self._running:
                continue
            log = self.folder / f"{unit}.log"
            with log.open("ab") as output:
                self._running[unit] = psutil.Popen(
                    [self._here(word) for word in page.units()[unit]],
                    cwd=page.ROOT,
                    env=self.environ,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    preexec_fn=_end_with_the_tests,
                )

    def ensure_web(self) -> None:
        """Have the web server run and answer."""
        self.ensure("web")
        self.wait_until_it_answers()

    def stop(self, *units: str) -> None:
        """Stop these parts, else all, as systemd does: all at once."""
        ended = [self._running.pop(unit) for unit in units or list(self._running)]
        for process in ended:
            process.terminate()
        for process in ended:
            processes.stop(process, gently=signal.SIGTERM)

    def answers(self, path: str = "/readyz") -> bool:
        """Whether the web server does."""
        try:
            return requests.get(self.url + path, timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def wait_until_it_answers(self, path: str = "/readyz") -> None:
        wait_until(
            lambda: self.answers(path),
            timeout=PATIENCE_S,
            what=f"{path} to be well; the logs are in {self.folder}",
        )

    def _here(self, word: str) -> str:
        """The page's address and processors, as they are here."""
        if word.startswith("--bind="):
            return f"--bind={HOST}:{self.port}"
        if word.startswith(("--workers=", "--concurrency=4")):
            return f"{word.partition('=')[0]}=1"
        return word


def _end_with_the_tests() -> None:
    processes.die_with_parent(signal.SIGTERM)


def manage(
    *arguments: str, environ: Mapping[str, str], stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """A management command as the page has it, in exactly this environment."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=page.ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

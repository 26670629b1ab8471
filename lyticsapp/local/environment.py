"""The environment a management command runs in, set before settings are read.

What the environment already says wins; the rest comes from the home directory,
whose servers are started where none run.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from types import FrameType

from lyticsapp.local.errors import HomeError
from lyticsapp.local.home import VARIABLE, Home
from lyticsapp.local.servers import Servers

# Commands that read neither database nor keys; all others get the servers.
# The demo starts `up`, which has servers of its own.
WITHOUT_SERVERS = frozenset(
    {
        "check",
        "collectstatic",
        "demo",
        "diffsettings",
        "filterql",
        "help",
        "makemigrations",
        "spectacular",
        "version",
    }
)
HELP_OPTIONS = frozenset({"-h", "--help", "--version"})
# These declare --home themselves, to show it in their help.
WITH_HOME_OPTION = frozenset({"up", "demo"})
PLACEHOLDERS = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": "for-commands-that-use-no-keys",
    "ENCRYPTION_KEYS": "A" * 43 + "=",
}

_current: Servers | None = None


def prepare(argv: Sequence[str]) -> list[str]:
    """Fill `os.environ` for this command; the arguments that are left for it."""
    arguments, home_option = _without_home(argv)
    home = Home.locate(home_option, os.environ)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lyticsapp.settings")
    if _needs_servers(arguments):
        os.environ[VARIABLE] = str(home.path)
        _attach(home)
    else:
        for name, value in PLACEHOLDERS.items():
            os.environ.setdefault(name, value)
    return list(argv) if arguments[1:2] and _declares_home(arguments) else arguments


def without_placeholders(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment as it was before this command, for one it starts."""
    return {
        name: value
        for name, value in environ.items()
        if PLACEHOLDERS.get(name) != value
    }


def servers() -> Servers:
    """The servers this command uses."""
    if _current is None:
        raise HomeError("This command has to be run through manage.py.")
    return _current


def _attach(home: Home) -> None:
    global _current
    home.prepare()
    try:
        for name, value in home.keys().items():
            os.environ.setdefault(name, value)
        _current = Servers(
            home,
            use_postgres="DATABASE_URL" not in os.environ,
            use_redis="REDIS_URL" not in os.environ,
        )
        atexit.register(_current.leave)
        signal.signal(signal.SIGTERM, _exit)
        _current.start()
    except OSError as error:
        raise home.explain(error) from error
    if _current.postgres is not None:
        os.environ["DATABASE_URL"] = _current.postgres.url()
    if _current.redis is not None:
        os.environ["REDIS_URL"] = _current.redis.url()


def _exit(number: int, frame: FrameType | None) -> None:
    """End in order on SIGTERM, so that servers started here are stopped."""
    sys.exit(128 + number)


def _needs_servers(arguments: Sequence[str]) -> bool:
    if len(arguments) < 2 or HELP_OPTIONS.intersection(arguments[1:]):
        return False
    return arguments[1] not in WITHOUT_SERVERS


def _declares_home(arguments: Sequence[str]) -> bool:
    return arguments[1] in WITH_HOME_OPTION


def _without_home(argv: Sequence[str]) -> tuple[list[str], str | None]:
    """The arguments without `--home DIR`, and DIR."""
    rest: list[str] = []
    home: str | None = None
    remaining = iter(argv)
    for argument in remaining:
        if argument == "--home":
            home = next(remaining, None)
        elif argument.startswith("--home="):
            home = argument.removeprefix("--home=")
        else:
            rest.append(argument)
    return rest, home

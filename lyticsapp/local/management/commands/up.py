"""`manage.py up`: run everything on this machine until Ctrl-C."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lyticsapp.local import environment, up
from lyticsapp.local.errors import LocalError

DEFAULT_PORT = 8000


class Command(BaseCommand):
    """Runs PostgreSQL, Redis, the web server, workers and beat."""

    help = "Run everything: PostgreSQL, Redis, web server, workers and scheduler."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--home",
            help="directory of the data (default: $LYTICSAPP_HOME, else .lyticsapp)",
        )
        parser.add_argument(
            "--port", type=int, default=DEFAULT_PORT, help="port of the web server"
        )
        parser.add_argument(
            "--local-cloud",
            action="store_true",
            help="add stand-ins: S3, SQS, Kinesis, STS, Event Hubs, a webhook inbox,"
            " a mailbox",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            up.run(
                environment.servers(),
                port=options["port"],
                local_cloud=options["local_cloud"],
                say=self._say,
            )
        except LocalError as error:
            raise CommandError(str(error)) from error

    def _say(self, line: str) -> None:
        # A closed terminal must not keep the parts from being stopped.
        with suppress(OSError):
            self.stdout.write(line)
            self.stdout.flush()

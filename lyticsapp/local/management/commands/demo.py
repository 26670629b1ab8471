"""`manage.py demo`: see the main job work on sample users."""

from __future__ import annotations

import os
import sys
from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lyticsapp.local import demo
from lyticsapp.local.console import Console
from lyticsapp.local.errors import LocalError
from lyticsapp.local.home import Home


class Command(BaseCommand):
    """Starts everything on sample data and shows triggers as they arrive."""

    help = "Start everything on sample data, move users and show each trigger."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--home",
            default=demo.DEFAULT_HOME,
            help="directory of the demo's data, made afresh (default: %(default)s)",
        )
        parser.add_argument(
            "--port", type=int, default=8000, help="port of the web server"
        )
        parser.add_argument(
            "--once", action="store_true", help="end after the triggers have arrived"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            demo.run(
                Home.locate(options["home"], os.environ),
                port=options["port"],
                once=options["once"],
                console=Console(sys.stdout),
            )
        except (LocalError, requests.RequestException) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            return

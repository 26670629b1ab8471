"""`manage.py workflows`: the job types there are."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import BaseCommand

from lyticsapp.jobs import workflow
from lyticsapp.jobs.json_schema import described


class Command(BaseCommand):
    """Lists the job types."""

    help = "Lists the job types: provider, title, kind, methods and fields."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="with all fields, as JSON"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        kinds = sorted(
            workflow.registry().values(), key=lambda each: (each.provider, each.title)
        )
        if options["json"]:
            listed = orjson.dumps(
                list(map(described, kinds)), option=orjson.OPT_INDENT_2
            )
            self.stdout.write(listed.decode())
            return
        for kind in kinds:
            self.stdout.write(
                f"{kind.provider:<10} {kind.key:<24} {kind.kind.value:<11} {kind.title}"
            )

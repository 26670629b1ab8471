"""`manage.py jobs`: segments and jobs as a YAML file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from lyticsapp.as_code import applying, exporting, printing
from lyticsapp.as_code.document import Document
from lyticsapp.as_code.errors import AsCodeError
from lyticsapp.as_code.loading import LARGEST_BYTES
from lyticsapp.as_code.plan import Plan
from lyticsapp.as_code.reading import read
from lyticsapp.as_code.writing import write
from lyticsapp.jobs.errors import JobError

ONLY_PLANNED = 2
"""Exit status where nobody could be asked, and so nothing was applied."""


class Command(BaseCommand):
    """Exports, plans and applies."""

    help = "Keep jobs, subscriptions and segments as a YAML file."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        export = actions.add_parser("export", help="write what the account has")
        export.add_argument(
            "file", nargs="?", type=Path, help="a new file (default: standard output)"
        )
        plan = actions.add_parser("plan", help="show what applying a file would do")
        apply = actions.add_parser("apply", help="make the account as a file says")
        for each in (plan, apply):
            each.add_argument("file", type=Path)
            each.add_argument(
                "--baseline",
                action="store_true",
                help="do not tell of users whom a changed filter moves",
            )
        apply.add_argument("--yes", action="store_true", help="apply without asking")
        for each in (export, plan, apply):
            each.add_argument("--account", default="", help="the id of the account")

    def handle(self, *args: Any, **options: Any) -> None:
        account = _account(options["account"])
        try:
            if options["action"] == "export":
                self._export(account, options["file"])
                return
            wanted = _document(options["file"])
            plan = applying.plan(account, wanted)
            silent = options["baseline"]
            for line in printing.lines(plan, account, silent=silent):
                self._say(line)
            if options["action"] == "apply" and plan.steps:
                self._ask(options["yes"])
                self._apply(account, wanted, plan, silent=silent)
        except (AsCodeError, JobError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from error

    def _export(self, account: Account, file: Path | None) -> None:
        text = write(exporting.export(account))
        if file is None:
            self.stdout.write(text, ending="")
            return
        try:
            with file.open("x", encoding="utf-8") as written:
                written.write(text)
        except FileExistsError as error:
            raise CommandError(
                f"{file} exists, and may hold what no export has, as !env. Name "
                "another file, or remove it first."
            ) from error

    def _ask(self, yes: bool) -> None:
        if yes:
            return
        if not sys.stdin.isatty():
            raise CommandError(
                "Nothing was applied: there is no terminal to ask at. Look at the plan, "
                "and apply it with --yes.",
                returncode=ONLY_PLANNED,
            )
        self.stdout.write("Apply this? [y/N] ", ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise CommandError("Nothing was applied.")

    def _apply(
        self, account: Account, wanted: Document, plan: Plan, *, silent: bool
    ) -> None:
        try:
            applying.apply(account, wanted, plan, SYSTEM, silent=silent, say=self._say)
        except AsCodeError:
            self._say("Nothing was applied:")
            raise
        self._say("Applied.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _account(public_id: str) -> Account:
    """The account of this id, or the only one there is."""
    accounts = Account.objects.order_by("name")
    if public_id:
        accounts = accounts.filter(public_id=public_id)
    found = list(accounts[:2])
    if len(found) == 1:
        return found[0]
    if public_id or not found:
        raise CommandError(f"There is no account {public_id}".strip() + ".")
    raise CommandError("There are several accounts; name one by its id with --account.")


def _document(file: Path) -> Document:
    with file.open("rb") as opened:
        content = opened.read(LARGEST_BYTES + 1)
    return read(content, str(file), os.environ)

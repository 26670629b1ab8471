"""`manage.py first_account`: an account, its admin and a token where none exist."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lyticsapp.accounts.bootstrap import create_first_account
from lyticsapp.accounts.models import Account


class Command(BaseCommand):
    """Creates what `up` creates at its first start, for a database of one's own."""

    help = "Create the first account, and print its admin's password and API token."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="address with which the admin logs in")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what is shown this once; refuse where an account exists."""
        if Account.objects.exists():
            raise CommandError("There is an account already; its admins invite others.")
        first = create_first_account(email=options["email"])
        self.stdout.write(f"Login      {first.admin_user}")
        self.stdout.write(f"Password   {first.admin_password}")
        self.stdout.write(f"API token  {first.api_token}")

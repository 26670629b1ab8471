"""`manage.py grant_bucket BUCKET ACCOUNT`: lets an account use a bucket."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.aws import buckets
from lyticsapp.authorizations.aws.delegation import bucket_of
from lyticsapp.authorizations.aws.errors import AwsError
from lyticsapp.declaration.errors import InvalidSettingError


class Command(BaseCommand):
    """Grants a bucket to an account, or takes that back."""

    help = (
        "Let one account use a bucket whose policy trusts this installation, by "
        "delegated access with AWS IAM."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("bucket", help="the name of the bucket")
        parser.add_argument("account", help="the id of the account, 32 characters")
        parser.add_argument("--revoke", action="store_true", help="take it back")

    def handle(self, *args: Any, **options: Any) -> None:
        bucket, account = options["bucket"], _account(options["account"])
        if options["revoke"]:
            granted = buckets.granted_to(account).filter(bucket=bucket).first()
            if granted is None:
                raise CommandError(f"{bucket} is not granted to this account.")
            buckets.revoke(granted, SYSTEM)
            self.stdout.write(f"{account} may not use {bucket} any more.")
            return
        try:
            buckets.grant(account, bucket_of({"bucket": bucket}), SYSTEM)
        except (AwsError, InvalidSettingError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{account} may use {bucket}.")


def _account(public_id: str) -> Account:
    account = Account.objects.filter(public_id=public_id).first()
    if account is None:
        raise CommandError(f"There is no account {public_id}.")
    return account

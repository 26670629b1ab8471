"""The first account, and the file that says how to reach it."""

from __future__ import annotations

import json
from dataclasses import asdict

from lyticsapp.accounts.bootstrap import FirstAccount, create_first_account
from lyticsapp.accounts.models import Account
from lyticsapp.local.files import write_private
from lyticsapp.local.home import Home


def ensure_account() -> FirstAccount | None:
    """Create the first account, its admin and token; None where one exists."""
    if Account.objects.exists():
        return None
    return create_first_account()


def write(home: Home, *, first: FirstAccount | None, addresses: dict[str, str]) -> None:
    """Keep the credentials of the first run, and the addresses of this one."""
    known = home.credentials() if first is None else asdict(first)
    kept = {name: known[name] for name in known if name in SECRETS}
    write_private(home.credentials_file, json.dumps(kept | addresses, indent=2) + "\n")


SECRETS = (
    "admin_user",
    "admin_password",
    "api_token",
    "account_id",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_authorization_id",
    "azure_authorization_id",
)

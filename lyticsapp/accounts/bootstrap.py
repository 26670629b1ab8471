"""The first account of an installation: its admin and an API token."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from django.db import transaction

from lyticsapp.accounts import tokens
from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, Member, Role, Scope, User

PASSWORD_BYTES = 12


@dataclass(frozen=True)
class FirstAccount:
    """How to enter it; the password and the token are shown once."""

    account_id: str
    admin_user: str
    admin_password: str = field(repr=False)
    api_token: str = field(repr=False)


@transaction.atomic
def create_first_account(
    name: str = "My account", email: str = "admin@localhost"
) -> FirstAccount:
    """An account with an admin, who also operates the installation, and a token."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    account = Account.objects.create(name=name)
    user = User.objects.create_superuser(email, password)
    Member.objects.create(account=account, user=user, role=Role.ADMIN)
    token = tokens.issue(
        account=account, name="First token", scopes=list(Scope), actor=SYSTEM
    )
    return FirstAccount(
        account_id=account.public_id,
        admin_user=user.email,
        admin_password=password,
        api_token=token.text,
    )

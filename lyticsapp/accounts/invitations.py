"""Invitations to an account: mailed, or handed over as a link; good for one use."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.errors import (
    AlreadyMemberError,
    InvitationEndedError,
    KnownPersonError,
)
from lyticsapp.accounts.models import Account, Invitation, Member, Role, User

VALID_FOR = timedelta(days=7)
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class IssuedInvitation:
    """A new invitation; its link is shown once and kept nowhere."""

    invitation: Invitation
    link: str = field(repr=False)


@transaction.atomic
def invite(
    *, account: Account, email: str, role: Role, actor: Actor
) -> IssuedInvitation:
    """Invite an address, in place of what invitation it had, and mail the link."""
    email = email.strip().lower()
    if Member.objects.for_account(account).filter(user__email=email).exists():
        raise AlreadyMemberError
    Invitation.objects.for_account(account).filter(
        email=email, accepted_at=None
    ).delete()
    text = secrets.token_urlsafe(TOKEN_BYTES)
    invitation: Invitation = Invitation.objects.create(
        account=account,
        email=email,
        role=Role(role),
        token_hash=_hash(text),
        invited_by=actor.author,
        expires_at=timezone.now() + VALID_FOR,
    )
    _record("create", invitation, actor)
    link = settings.SITE_URL.rstrip("/") + reverse("accept_invitation", args=[text])
    transaction.on_commit(lambda: _mail(invitation, link), robust=True)
    return IssuedInvitation(invitation, link)


@transaction.atomic
def withdraw(invitation: Invitation, *, actor: Actor) -> None:
    """End an invitation: its link opens nothing any more."""
    _record("withdraw", invitation, actor)
    invitation.delete()


def find(text: str) -> Invitation:
    """The open invitation with this text; raises InvitationEndedError."""
    return _open(text, lock=False)


@transaction.atomic
def accept_as(user: User, text: str) -> Member:
    """Join with a login one has already; raises an InvitationError."""
    return _join(user, _open(text, lock=True))


@transaction.atomic
def accept_new(
    text: str, *, password: str, first_name: str = "", last_name: str = ""
) -> User:
    """Join with a new login for the invited address.

    Raises an InvitationError, or Django's ValidationError for a weak password.
    """
    invitation = _open(text, lock=True)
    if User.objects.filter(email=invitation.email).exists():
        raise KnownPersonError
    names = {"first_name": first_name, "last_name": last_name}
    validate_password(password, User(email=invitation.email, **names))
    user = User.objects.create_user(invitation.email, password, **names)
    _join(user, invitation)
    return user


def _open(text: str, *, lock: bool) -> Invitation:
    rows = Invitation.across_accounts.select_related("account")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found: Invitation | None = rows.filter(
        token_hash=_hash(text), accepted_at=None, expires_at__gt=timezone.now()
    ).first()
    if found is None:
        raise InvitationEndedError
    return found


def _join(user: User, invitation: Invitation) -> Member:
    account = invitation.account
    if Member.objects.for_account(account).filter(user=user).exists():
        raise AlreadyMemberError
    member: Member = Member.objects.create(
        account=account, user=user, role=invitation.role
    )
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    audit.record(
        account=account,
        action="join",
        obj=member,
        changes={"role": member.role, "invited": invitation.email},
        user=user,
    )
    return member


def _mail(invitation: Invitation, link: str) -> None:
    account = invitation.account
    send_mail(
        f"Invitation to {account.name}",
        render_to_string(
            "accounts/invitation.txt",
            {"invitation": invitation, "account": account, "link": link},
        ),
        settings.DEFAULT_FROM_EMAIL,
        [invitation.email],
    )


def _record(action: str, invitation: Invitation, actor: Actor) -> None:
    audit.record(
        account=invitation.account,
        action=action,
        obj=invitation,
        changes={"email": invitation.email, "role": invitation.role},
        user=actor.user,
        token=actor.token,
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()

"""The people of an account: what they may do, and how they leave it."""

from __future__ import annotations

from django.db import transaction

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.errors import LastAdminError
from lyticsapp.accounts.models import Account, Member, Role


@transaction.atomic
def change_role(member: Member, role: Role, *, actor: Actor) -> None:
    """Give a member another role; raises LastAdminError."""
    if Role(role) is not Role.ADMIN:
        _keep_an_admin(member)
    before, member.role = member.role, Role(role)
    member.save(update_fields=["role"])
    audit.record(
        account=member.account,
        action="update",
        obj=member,
        changes={"role": [before, member.role]},
        user=actor.user,
        token=actor.token,
    )


@transaction.atomic
def remove(member: Member, *, actor: Actor) -> None:
    """Take a member out of the account; raises LastAdminError."""
    _keep_an_admin(member)
    audit.record(
        account=member.account,
        action="remove",
        obj=member,
        changes={"role": member.role, "email": member.user.email},
        user=actor.user,
        token=actor.token,
    )
    member.delete()


def _keep_an_admin(member: Member) -> None:
    """Refuse where nobody else is an admin; two at once wait for each other."""
    Account.objects.select_for_update().get(pk=member.account_id)
    others = Member.objects.for_account(member.account_id).exclude(pk=member.pk)
    if not others.filter(role=Role.ADMIN, user__is_active=True).exists():
        raise LastAdminError

"""Which fields tell who a user is; a choice that holds for events from then on.

What applies events must not see it change under way: the composition root binds
how changes are kept apart from that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.errors import IdentityFieldsError
from lyticsapp.accounts.models import Account

MOST = 20
LONGEST = 100
COMPUTED = ("_created", "_modified")

Guard = Callable[[int], AbstractContextManager[None]]
"""A transaction in which nothing else uses the definitions of an account."""

_guard: Guard | None = None


def bind(guard: Guard) -> None:
    """Bind the guard; called by the composition root."""
    global _guard
    _guard = guard


def change(account: Account, fields: Sequence[str], *, actor: Actor) -> None:
    """Set the identity fields, the strongest first; raises IdentityFieldsError.

    Profiles keep the identities they have; nothing that is stored is looked at anew.
    """
    wanted = list(fields)
    check(wanted)
    assert _guard is not None
    with _guard(account.pk):
        kept = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        before, kept.identity_fields = kept.identity_fields, wanted
        account.identity_fields = wanted
        if before == wanted:
            return
        kept.save(update_fields=["identity_fields"])
        audit.record(
            account=kept,
            action="update",
            obj=kept,
            changes={"identity_fields": [before, wanted]},
            user=actor.user,
            token=actor.token,
        )


def check(fields: Sequence[str]) -> None:
    """Refuse what cannot be an account's identity fields."""
    if not 1 <= len(fields) <= MOST:
        raise IdentityFieldsError(f"Name one to {MOST} fields.")
    for name in fields:
        if not name.strip() or name != name.strip() or len(name) > LONGEST:
            raise IdentityFieldsError(
                f"The name of a field has 1 to {LONGEST} characters, none of them a"
                " space at its ends."
            )
        if name in COMPUTED:
            raise IdentityFieldsError(f"“{name}” is computed: it tells of no user.")
    if len(set(fields)) < len(fields):
        raise IdentityFieldsError("Name each field once.")

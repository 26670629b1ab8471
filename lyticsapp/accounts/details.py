"""An account's own details: its name and time zone."""

from __future__ import annotations

from zoneinfo import available_timezones

from django.db import transaction

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.errors import UnknownTimeZoneError
from lyticsapp.accounts.models import Account


@transaction.atomic
def change_account(
    account: Account, *, name: str, time_zone: str, actor: Actor
) -> None:
    """Rename an account, or move it to another zone."""
    if time_zone not in available_timezones():
        raise UnknownTimeZoneError
    kept = Account.objects.select_for_update().get(pk=account.pk)
    wanted = {"name": name, "time_zone": time_zone}
    changes = audit.differences({each: getattr(kept, each) for each in wanted}, wanted)
    account.name, account.time_zone = name, time_zone
    if changes:
        account.save(update_fields=list(changes))
        audit.record(
            account=account,
            action="update",
            obj=account,
            changes=changes,
            user=actor.user,
            token=actor.token,
        )

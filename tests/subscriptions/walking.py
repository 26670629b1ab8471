"""Users who are in a segment, and the walk of a backfill over them."""

from __future__ import annotations

from segments.membership.models import Membership
from segments.pipeline.batch import Lane, process
from segments.profiles.models import Profile
from subscriptions import backfill
from subscriptions.backfill import Walk


def members(account):
    return set(
        Membership.objects.for_account(account)
        .filter(left_at=None)
        .values_list("profile_id", flat=True)
    )


def drain(account):
    while process(account.pk, 0).lane is Lane.WORKED:
        pass


def profiles(account):
    return set(Profile.objects.for_account(account).values_list("id", flat=True))


def finish(subscription):
    while backfill.walk(subscription.account_id, subscription.id) is Walk.MORE:
        pass

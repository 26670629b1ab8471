"""Buckets that the installation reaches as itself, each granted to one account.

A bucket's policy trusts the installation, which serves several accounts: which of
them may use the bucket, an operator says.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.aws.errors import AwsError, BucketNotGrantedError
from lyticsapp.authorizations.aws.sessions import session_of
from lyticsapp.authorizations.credentials import Credentials
from lyticsapp.authorizations.models import BucketGrant


def granted_to(account: Account | int) -> QuerySet[BucketGrant]:
    """The grants of an account, by bucket."""
    grants: QuerySet[BucketGrant] = BucketGrant.objects.for_account(account)
    return grants.order_by("bucket")


def require(account: Account | int, bucket: str) -> None:
    """Raises BucketNotGrantedError where the bucket is not the account's to use."""
    if not granted_to(account).filter(bucket=bucket).exists():
        raise BucketNotGrantedError(bucket)


def client(credentials: Credentials, bucket: str) -> Any:
    """A client of S3 for one bucket.

    Without an authorization the installation comes as itself: then raises
    NoIdentityError, and BucketNotGrantedError where the bucket is not the account's.
    """
    if not credentials.are_given:
        require(credentials.account_id, bucket)
    return session_of(credentials).client("s3")


@transaction.atomic
def grant(account: Account, bucket: str, actor: Actor) -> BucketGrant:
    """Let an account use a bucket; raises AwsError where another one has it."""
    made, is_new = BucketGrant.across_accounts.get_or_create(
        bucket=bucket, defaults={"account": account, "granted_by": actor.author}
    )
    if made.account_id != account.pk:
        raise AwsError(
            f"The bucket {bucket} is granted to another account. Revoke that first."
        )
    if is_new:
        _record("grant", made, actor)
    granted: BucketGrant = made
    return granted


@transaction.atomic
def revoke(granted: BucketGrant, actor: Actor) -> None:
    """Take a grant back; jobs are refused the bucket at their next step."""
    _record("revoke", granted, actor)
    granted.delete()


def _record(action: str, granted: BucketGrant, actor: Actor) -> None:
    audit.record(
        account=granted.account,
        action=action,
        obj=granted,
        user=actor.user,
        token=actor.token,
    )

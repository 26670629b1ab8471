"""A bucket that the installation reaches as itself is one account's."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, AuditEntry
from lyticsapp.authorizations.aws import buckets
from lyticsapp.authorizations.aws.errors import AwsError, BucketNotGrantedError
from lyticsapp.authorizations.models import BucketGrant

pytestmark = pytest.mark.django_db


def test_a_bucket_is_refused_until_it_is_granted(account):
    with pytest.raises(BucketNotGrantedError, match="orders is not granted"):
        buckets.require(account, "orders")
    buckets.grant(account, "orders", SYSTEM)
    buckets.require(account, "orders")
    assert [each.bucket for each in buckets.granted_to(account)] == ["orders"]


def test_a_bucket_is_granted_to_one_account(account):
    other = Account.objects.create(name="Other")
    buckets.grant(account, "orders", SYSTEM)
    buckets.grant(account, "orders", SYSTEM)
    with pytest.raises(AwsError, match="granted to another account"):
        buckets.grant(other, "orders", SYSTEM)
    with pytest.raises(BucketNotGrantedError):
        buckets.require(other, "orders")


def test_an_operator_grants_and_revokes(account):
    call_command("grant_bucket", "orders", account.public_id)
    buckets.require(account, "orders")
    call_command("grant_bucket", "orders", account.public_id, revoke=True)
    assert not BucketGrant.across_accounts.exists()
    actions = AuditEntry.objects.for_account(account).values_list("action", flat=True)
    assert list(actions.order_by("pk")) == ["grant", "revoke"]


@pytest.mark.parametrize(
    ("bucket", "known", "told"),
    [
        ("orders", False, "There is no account"),
        ("Orders!", True, "bucket: must be 3 to 63"),
    ],
)
def test_what_cannot_be_granted_is_told(account, bucket, known, told):
    with pytest.raises(CommandError, match=told):
        call_command("grant_bucket", bucket, account.public_id if known else "0" * 32)


def test_what_was_not_granted_cannot_be_revoked(account):
    with pytest.raises(CommandError, match="not granted to this account"):
        call_command("grant_bucket", "orders", account.public_id, revoke=True)

"""Sessions go on when credentials end or change, and are nobody else's."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from lyticsapp.authorizations import lifecycle
from lyticsapp.authorizations.aws import identity
from lyticsapp.authorizations.aws.errors import NoIdentityError
from lyticsapp.authorizations.aws.external_ids import external_id_of
from lyticsapp.authorizations.aws.session import RoleCredentials
from lyticsapp.authorizations.aws.sessions import session_of
from lyticsapp.authorizations.credentials import credentials_of, no_credentials
from lyticsapp.authorizations.lifecycle import Wanted
from tests.local_aws import allow, trust

pytestmark = pytest.mark.django_db


@pytest.fixture
def role(installation, customer, account, with_role):
    """An authorization by a role of the customer that may use buckets."""
    trusted = trust(installation.arn, external_id=external_id_of(account))
    return with_role(installation.role(trusted, allow("s3:*", "*"), keys=customer))


def test_the_installation_knows_itself(installation):
    assert identity.of_installation() == identity.Identity(
        installation.arn, installation.account
    )
    assert session_of(no_credentials(1)).client("sts").get_caller_identity()["Arn"] == (
        installation.arn
    )


def test_an_installation_without_an_identity_says_so(nobody):
    assert identity.of_installation() is None
    with pytest.raises(NoIdentityError, match="AWS_ACCESS_KEY_ID"):
        session_of(no_credentials(1))


@pytest.mark.parametrize(
    ("caller", "named"),
    [
        ("arn:aws:iam::123456789012:user/app", "arn:aws:iam::123456789012:user/app"),
        (
            "arn:aws:sts::123456789012:assumed-role/Web/i-0abc",
            "arn:aws:iam::123456789012:role/Web",
        ),
        (
            "arn:aws-cn:sts::123456789012:assumed-role/Web/x",
            "arn:aws-cn:iam::123456789012:role/Web",
        ),
    ],
)
def test_policies_name_a_role_and_not_its_session(caller, named):
    assert identity.principal_of(caller) == named


def test_a_role_is_who_acts(role):
    caller = session_of(credentials_of(role)).client("sts").get_caller_identity()
    assert ":assumed-role/" in caller["Arn"]


def test_credentials_that_end_in_the_middle_are_renewed(role, installation):
    installation.sessions_last(2)
    s3 = session_of(credentials_of(role)).client("s3")
    s3.create_bucket(Bucket="orders")
    first = s3._get_credentials().get_frozen_credentials()
    installation.expire_sessions()
    s3.put_object(Bucket="orders", Key="a", Body=b"1")
    assert s3._get_credentials().get_frozen_credentials() != first


def test_credentials_that_aws_ends_early_are_renewed(role, installation):
    s3 = session_of(credentials_of(role)).client("s3")
    s3.create_bucket(Bucket="orders")
    for number in range(3):
        installation.expire_sessions()
        s3.put_object(Bucket="orders", Key=str(number), Body=b"1")
    assert len(s3.list_objects_v2(Bucket="orders")["Contents"]) == 3


def test_they_are_renewed_once_for_a_call(role, installation, monkeypatch):
    renewals = []
    renew = RoleCredentials.renew

    def expire_again(credentials):
        renewals.append(1)
        renew(credentials)
        credentials.get_frozen_credentials()
        installation.expire_sessions()

    s3 = session_of(credentials_of(role)).client("s3")
    s3.create_bucket(Bucket="orders")
    monkeypatch.setattr(RoleCredentials, "renew", expire_again)
    installation.expire_sessions()
    with pytest.raises(ClientError, match="ExpiredToken"):
        s3.list_objects_v2(Bucket="orders")
    assert len(renewals) == 1


def test_a_session_is_kept_until_the_authorization_changes(
    installation, with_keys, account
):
    made = with_keys(installation.user(name="first"))
    session = session_of(credentials_of(made))
    assert session_of(credentials_of(made)) is session
    other = installation.user(name="second")
    settings = {
        "access_key": other.access_key_id,
        "secret_key": other.secret_access_key,
    }
    lifecycle.update(made, Wanted(settings=settings), SYSTEM)
    made.refresh_from_db()
    caller = session_of(credentials_of(made)).client("sts").get_caller_identity()
    assert caller["Arn"].endswith("user/second")


def test_keys_do_without_an_identity_of_the_installation(nobody, with_keys):
    made = with_keys(nobody.user(name="reader"))
    caller = session_of(credentials_of(made)).client("sts").get_caller_identity()
    assert caller["Arn"].endswith("user/reader")


def test_each_account_has_an_external_id_of_its_own(account):
    assert external_id_of(account) == external_id_of(account.pk)
    assert external_id_of(Account.objects.create(name="Other")) != (
        external_id_of(account)
    )


def test_the_role_of_one_account_is_refused_to_another(role, installation):
    other = Account.objects.create(name="Other")
    wanted = Wanted(label="Stolen", settings={"role_arn": role.config["role_arn"]})
    stolen = lifecycle.create(other, "aws", "role", wanted, SYSTEM)
    with pytest.raises(ClientError, match="AccessDenied"):
        session_of(credentials_of(stolen)).client("s3").list_buckets()

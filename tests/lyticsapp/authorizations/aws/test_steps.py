"""A connection test says what works at AWS, and what is missing by its exact name."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from lyticsapp.authorizations import connection_test
from lyticsapp.authorizations.aws.external_ids import external_id_of
from lyticsapp.authorizations.aws.steps import bucket_steps
from lyticsapp.authorizations.credentials import credentials_of
from lyticsapp.authorizations.models import Health
from lyticsapp.authorizations.step import Outcome
from tests.local_aws import allow, trust
from tests.ports import free_port

pytestmark = pytest.mark.django_db

BUCKET = "arn:aws:s3:::orders"


def outcomes(tested):
    return {each["step"]: each["outcome"] for each in tested.test_result}


def tried(tested, step):
    return next(each for each in tested.test_result if each["step"] == step)


def test_keys_that_work_are_told_with_whose_they_are(installation, with_keys):
    tested = connection_test.run(with_keys(installation.user(name="reader")))
    assert tested.health == Health.HEALTHY
    assert tested.tested_at is not None
    assert outcomes(tested) == {"identity": "passed"}
    assert "user/reader" in tried(tested, "identity")["text"]


def test_a_wrong_secret_is_told_from_an_unknown_key(installation, with_keys):
    keys = installation.user()
    other = SimpleNamespace(
        access_key_id=keys.access_key_id, secret_access_key="not-the-secret"
    )
    tested = connection_test.run(with_keys(other))
    assert tested.health == Health.UNHEALTHY
    assert "Secret Key is not the one" in tried(tested, "identity")["text"]
    assert "not-the-secret" not in json.dumps(tested.test_result)

    other = SimpleNamespace(
        access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key="whatever"
    )
    tested = connection_test.run(with_keys(other))
    assert "AWS does not know this Access Key" in tried(tested, "identity")["text"]


def test_a_role_that_asks_for_the_external_id_passes(
    installation, customer, account, with_role
):
    trusted = trust(installation.arn, external_id=external_id_of(account))
    made = with_role(installation.role(trusted, keys=customer))
    assert [step.title for step in connection_test.steps_of(made)] == [
        "This installation's identity",
        "Assume the role",
        "External id enforced",
    ]
    tested = connection_test.run(made)
    assert tested.health == Health.HEALTHY
    assert set(outcomes(tested).values()) == {"passed"}


def test_a_role_by_the_lines_of_the_page_works_and_warns(
    installation, customer, with_role
):
    made = with_role(installation.role(trust(installation.arn), keys=customer))
    tested = connection_test.run(made)
    assert tested.health == Health.HEALTHY
    assert outcomes(tested)["assume_role"] == "passed"
    assert outcomes(tested)["external_id"] == "warned"
    assert "sts:ExternalId" in tried(tested, "external_id")["text"]


@pytest.mark.parametrize("external_id", ["somebody-else's", None])
def test_a_role_that_does_not_trust_us_is_told_with_the_policy_it_lacks(
    installation, customer, account, with_role, external_id
):
    other = trust(
        installation.arn if external_id else f"arn:aws:iam::{'3' * 12}:root",
        external_id=external_id,
    )
    tested = connection_test.run(with_role(installation.role(other, keys=customer)))
    assert tested.health == Health.UNHEALTHY
    step = tried(tested, "assume_role")
    assert step["missing"] == "sts:AssumeRole"
    assert outcomes(tested)["external_id"] == "skipped"

    mended = installation.role(step["policy"], keys=customer)
    tested = connection_test.run(with_role(mended))
    assert set(outcomes(tested).values()) == {"passed"}


def test_without_an_identity_no_role_is_tried(nobody, with_role):
    tested = connection_test.run(with_role(f"arn:aws:iam::{'2' * 12}:role/any"))
    assert outcomes(tested) == {
        "installation": "failed",
        "assume_role": "skipped",
        "external_id": "skipped",
    }
    assert "AWS_ACCESS_KEY_ID" in tried(tested, "installation")["text"]


def test_aws_out_of_reach_says_nothing_of_the_credentials(
    installation, settings, with_keys
):
    made = with_keys(installation.user())
    settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{free_port()}"
    tested = connection_test.run(made)
    assert tested.health == Health.UNKNOWN
    assert outcomes(tested) == {"identity": "warned"}
    assert "could not be asked" in tried(tested, "identity")["text"]


@pytest.fixture
def orders(installation):
    s3 = installation.client("s3")
    s3.create_bucket(Bucket="orders")
    s3.put_object(Bucket="orders", Key="in/one.csv", Body=b"a,b")
    return s3


def run(steps, authorization):
    credentials = credentials_of(authorization)
    return {step.key.partition(":")[0]: step.run(credentials) for step in steps}


def test_each_action_on_a_bucket_is_tried_and_named(orders, installation, with_keys):
    keys = installation.user()
    steps = bucket_steps("orders", "in/", reads=True, writes=True)
    results = run(steps, with_keys(keys))
    assert {name: each.missing for name, each in results.items()} == {
        "s3_list": "s3:ListBucket",
        "s3_read": "s3:ListBucket",
        "s3_write": "s3:PutObject",
        "s3_delete": "s3:DeleteObject",
    }
    assert results["s3_write"].policy == allow(["s3:PutObject"], [f"{BUCKET}/*"])


def test_the_least_policies_grant_what_was_missing(orders, installation, with_keys):
    keys = installation.user()
    made = with_keys(keys)
    steps = bucket_steps("orders", "in/", reads=True, writes=True)
    policies = []
    for _ in range(3):
        results = run(steps, made)
        policies = [each.policy for each in results.values() if each.policy]
        if not policies:
            break
        for number, policy in enumerate(policies):
            installation.client("iam").put_user_policy(
                UserName=installation.arn_of(keys).rpartition("/")[2],
                PolicyName=f"{len(results)}-{number}-{policy['Statement'][0]['Action'][0][3:]}",
                PolicyDocument=json.dumps(policy),
            )
    assert {each.outcome for each in results.values()} == {Outcome.PASSED}
    kept = orders.list_objects_v2(Bucket="orders")["Contents"]
    assert [each["Key"] for each in kept] == ["in/one.csv"]


def test_a_bucket_that_is_not_there_is_told(orders, installation, with_keys):
    made = with_keys(installation.user(allow("s3:*", "*")))
    results = run(bucket_steps("nothing", reads=True, writes=False), made)
    assert results["s3_list"].outcome is Outcome.FAILED
    assert results["s3_list"].text == "There is no arn:aws:s3:::nothing."

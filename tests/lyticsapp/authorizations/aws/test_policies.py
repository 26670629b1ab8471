"""What people copy does at AWS what the documents say."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from botocore.exceptions import ClientError

from lyticsapp.authorizations.aws import policies
from lyticsapp.authorizations.aws.delegation import (
    Delegation,
    bucket_of,
    delegation_of,
)
from lyticsapp.authorizations.aws.external_ids import external_id_of
from lyticsapp.authorizations.aws.sessions import session_of
from lyticsapp.authorizations.credentials import credentials_of, no_credentials
from lyticsapp.declaration.errors import InvalidSettingError
from tests.lyticsapp.authorizations.aws.conftest import CUSTOMER

OURS = "arn:aws:iam::123456789012:user/lyticsapp"
NAMES = Delegation(
    account=CUSTOMER,
    region="us-east-1",
    stream="vip",
    role="WritesVip",
    path="/Lytics/WriteToKinesis/",
    policy="VipWrites",
    profile="shop",
)


def test_names_that_are_left_out_are_those_of_the_documents():
    found = delegation_of({"account": CUSTOMER, "stream": "vip", "role": ""})
    assert (found.stream, found.region) == ("vip", "us-west-2")
    assert found.role_arn == (
        f"arn:aws:iam::{CUSTOMER}:role/Lytics/WriteToKinesis/LyticsWriteToKinesis"
    )
    with pytest.raises(InvalidSettingError, match="account: is required"):
        delegation_of({})


@pytest.mark.parametrize(
    "name", ["account", "region", "stream", "role", "path", "policy", "profile"]
)
@pytest.mark.parametrize("text", ["a b", "$(id)", "a;b", "a'b", 'a"b', "a\nb"])
def test_nothing_but_names_gets_into_lines_for_a_shell(name, text):
    with pytest.raises(InvalidSettingError, match=f"{name}: must be"):
        delegation_of({"account": CUSTOMER, name: text})


def test_a_bucket_is_called_as_buckets_are():
    assert bucket_of({"bucket": "orders.eu-1"}) == "orders.eu-1"
    for text in ("Orders", "a", "a/b", "a*"):
        with pytest.raises(InvalidSettingError, match="bucket: must be"):
            bucket_of({"bucket": text})


def test_a_bucket_is_shared_as_in_the_documents():
    (statement,) = policies.bucket("orders", OURS)["Statement"]
    assert statement["Principal"] == {"AWS": OURS}
    assert statement["Action"] == [
        "s3:GetBucketLocation",
        "s3:ListBucket",
        "s3:PutObject",
        "s3:GetObject",
        "s3:DeleteObject",
    ]
    assert statement["Resource"] == ["arn:aws:s3:::orders", "arn:aws:s3:::orders/*"]


def test_the_lines_are_those_of_the_documents_in_the_persons_names():
    lines = policies.set_up(NAMES, OURS, "abc")
    for command in (
        "describe-stream --stream-name vip",
        "create-stream --stream-name vip --shard-count=1",
        'create-role --profile=shop --role-name="WritesVip"',
        '--path="/Lytics/WriteToKinesis/"',
        "--policy-name VipWrites",
        f'--policy-arn "arn:aws:iam::{CUSTOMER}:policy/VipWrites"',
    ):
        assert command in lines
    assert "358991168639" not in lines
    assert "111111111" not in lines
    cleanup = policies.clean_up(NAMES)
    for command in (
        "delete-stream --stream-name vip",
        "detach-role-policy",
        "delete-policy",
        "delete-role",
    ):
        assert command in cleanup


def test_the_lines_are_shell_whose_documents_are_json():
    lines = policies.set_up(NAMES, OURS, "abc") + policies.clean_up(NAMES)
    subprocess.run(["bash", "-n", "-c", lines], check=True)
    documents = [json.loads(text) for text in re.findall(r"'(\{.*?\})'", lines, re.S)]
    assert documents == [policies.trust(OURS, "abc"), policies.stream(NAMES)]


@pytest.mark.django_db
def test_the_role_they_make_writes_to_its_stream_alone(
    installation, customer, account, with_role
):
    trusted = policies.trust(installation.arn, external_id_of(account))
    arn = installation.role(
        trusted, policies.stream(NAMES), keys=customer, name=NAMES.role
    )
    theirs = installation.client("kinesis", keys=customer)
    for name in ("vip", "other"):
        theirs.create_stream(StreamName=name, ShardCount=1)
    kinesis = session_of(credentials_of(with_role(arn))).client("kinesis", "us-east-1")
    kinesis.put_record(StreamName="vip", Data=b"{}", PartitionKey="a")
    with pytest.raises(ClientError, match="not authorized to perform: kinesis:Put"):
        kinesis.put_record(StreamName="other", Data=b"{}", PartitionKey="a")


@pytest.mark.django_db
def test_the_bucket_policy_lets_the_installation_in_and_nobody_else(
    installation, customer
):
    theirs = installation.client("s3", keys=customer)
    theirs.create_bucket(Bucket="orders")
    theirs.put_bucket_policy(
        Bucket="orders", Policy=policies.written(policies.bucket("orders", OURS))
    )
    s3 = session_of(no_credentials(1)).client("s3")
    s3.put_object(Bucket="orders", Key="a", Body=b"1")
    assert s3.get_object(Bucket="orders", Key="a")["Body"].read() == b"1"
    assert len(s3.list_objects_v2(Bucket="orders")["Contents"]) == 1
    s3.delete_object(Bucket="orders", Key="a")
    stranger = installation.administrator("333333333333")
    with pytest.raises(ClientError, match="AccessDenied"):
        installation.client("s3", keys=stranger).list_objects_v2(Bucket="orders")

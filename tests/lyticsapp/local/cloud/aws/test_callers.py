"""Who calls: keys, signatures, addresses that were signed beforehand."""

from __future__ import annotations

import boto3
import pytest
import requests

from lyticsapp.local.cloud.aws.keys import Keys
from tests.local_aws import LocalAws, allow, refusal, trust


def test_the_installation_is_told_who_it_is(local_aws: LocalAws) -> None:
    identity = local_aws.client("sts").get_caller_identity()
    assert (identity["Arn"], identity["Account"]) == (
        local_aws.arn,
        local_aws.account,
    )


@pytest.mark.parametrize(
    ("service", "operation", "status", "code"),
    [
        ("s3", "list_buckets", 403, "InvalidAccessKeyId"),
        ("sts", "get_caller_identity", 403, "InvalidClientTokenId"),
        ("iam", "list_users", 403, "InvalidClientTokenId"),
        ("sqs", "list_queues", 403, "InvalidClientTokenId"),
        ("kinesis", "list_streams", 400, "UnrecognizedClientException"),
        ("kms", "list_keys", 400, "UnrecognizedClientException"),
    ],
)
def test_unknown_keys_are_refused(
    local_aws: LocalAws, service: str, operation: str, status: int, code: str
) -> None:
    client = local_aws.client(service, keys=Keys.new())
    assert refusal(getattr(client, operation))[:2] == (status, code)


@pytest.mark.parametrize(
    ("service", "operation", "status", "code"),
    [
        ("s3", "list_buckets", 403, "SignatureDoesNotMatch"),
        ("sts", "get_caller_identity", 403, "SignatureDoesNotMatch"),
        ("sqs", "list_queues", 403, "SignatureDoesNotMatch"),
        ("kinesis", "list_streams", 400, "InvalidSignatureException"),
    ],
)
def test_a_wrong_secret_is_refused(
    local_aws: LocalAws, service: str, operation: str, status: int, code: str
) -> None:
    wrong = Keys(local_aws.keys.access_key_id, "not-the-secret")
    client = local_aws.client(service, keys=wrong)
    assert refusal(getattr(client, operation))[:2] == (status, code)


def test_a_key_that_was_switched_off_or_deleted_is_refused(local_aws: LocalAws) -> None:
    iam = local_aws.client("iam")
    keys = local_aws.user(name="ada")
    client = local_aws.client("sts", keys=keys)
    one = {"UserName": "ada", "AccessKeyId": keys.access_key_id}

    iam.update_access_key(**one, Status="Inactive")
    assert refusal(client.get_caller_identity)[1] == "InvalidClientTokenId"
    iam.update_access_key(**one, Status="Active")
    assert client.get_caller_identity()["Arn"].endswith("user/ada")
    iam.delete_access_key(**one)
    assert refusal(client.get_caller_identity)[1] == "InvalidClientTokenId"


def test_who_is_nobody_may_nothing(local_aws: LocalAws, bucket: str) -> None:
    answer = requests.get(f"{local_aws.endpoint_url}/{bucket}", timeout=10)
    assert (answer.status_code, "AccessDenied" in answer.text) == (403, True)
    answer = requests.post(
        local_aws.endpoint_url,
        data={"Action": "ListUsers", "Version": "2010-05-08"},
        timeout=10,
    )
    assert answer.status_code == 403
    assert "MissingAuthenticationToken" in answer.text
    # Moto takes such a path for the name of another service.
    answer = requests.get(
        f"{local_aws.endpoint_url}/iam_us-east-1/?Action=ListUsers&Version=2010-05-08",
        timeout=10,
    )
    assert answer.status_code == 403


def test_a_reset_leaves_the_installation_alone(
    local_aws: LocalAws, bucket: str
) -> None:
    keys = local_aws.user(allow("*", "*"))
    local_aws.reset()

    assert local_aws.client("s3").list_buckets()["Buckets"] == []
    stranger = local_aws.client("s3", keys=keys)
    assert refusal(stranger.list_buckets)[1] == "InvalidAccessKeyId"


def test_one_opens_what_its_maker_may_open(local_aws: LocalAws, bucket: str) -> None:
    s3 = local_aws.client("s3")
    given = {"Bucket": bucket, "Key": "in/a b+ü.csv"}
    url = s3.generate_presigned_url("get_object", Params=given)
    answer = requests.get(url, timeout=10)
    assert (answer.status_code, answer.content) == (200, b"1,2")

    nobody = local_aws.client("s3", keys=local_aws.user())
    url = nobody.generate_presigned_url("get_object", Params=given)
    assert requests.get(url, timeout=10).status_code == 403


def test_one_of_a_session_holds_as_long_as_the_session(
    local_aws: LocalAws, bucket: str
) -> None:
    role = local_aws.role(trust(local_aws.arn), allow("s3:GetObject", "*"))
    session = local_aws.client("sts").assume_role(RoleArn=role, RoleSessionName="run")
    url = local_aws.session_client("s3", session["Credentials"]).generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "in/a b+ü.csv"}
    )
    assert requests.get(url, timeout=10).content == b"1,2"

    local_aws.expire_sessions()

    assert "ExpiredToken" in requests.get(url, timeout=10).text


def test_one_that_was_changed_is_refused(local_aws: LocalAws, bucket: str) -> None:
    url = local_aws.client("s3").generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "in/other.csv"}
    )
    answer = requests.get(url.replace("other", "a"), timeout=10)
    assert answer.status_code == 403
    assert "SignatureDoesNotMatch" in answer.text


def test_one_that_is_too_old_is_refused(local_aws: LocalAws, bucket: str) -> None:
    url = local_aws.client("s3").generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=-1
    )
    answer = requests.get(url, timeout=10)
    assert answer.status_code == 403
    assert "Request has expired" in answer.text


def test_of_the_older_kind_is_refused(local_aws: LocalAws, bucket: str) -> None:
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=local_aws.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=local_aws.keys.access_key_id,
        aws_secret_access_key=local_aws.keys.secret_access_key,
    )
    url = client.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "k"}
    )
    answer = requests.get(url, timeout=10)
    assert answer.status_code == 400
    assert "Please use AWS4-HMAC-SHA256" in answer.text

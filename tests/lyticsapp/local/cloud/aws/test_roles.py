"""Roles: whom they trust, and what and how long a session of one may."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.local_aws import LocalAws, allow, refusal, trust

OTHER = "222222222222"
BUCKET = "arn:aws:s3:::orders"


def test_an_external_id_is_enforced(local_aws: LocalAws) -> None:
    customer = local_aws.administrator(OTHER)
    role = local_aws.role(
        trust(local_aws.arn, external_id="e-42"), name="writes", keys=customer
    )
    sts = local_aws.client("sts")

    for given in ({}, {"ExternalId": "e-43"}):
        assert refusal(
            lambda given=given: sts.assume_role(
                RoleArn=role, RoleSessionName="run", **given
            )
        ) == (
            403,
            "AccessDenied",
            f"User: {local_aws.arn} is not authorized to perform:"
            f" sts:AssumeRole on resource: {role}",
        )
    session = sts.assume_role(RoleArn=role, RoleSessionName="run", ExternalId="e-42")
    identity = local_aws.session_client(
        "sts", session["Credentials"]
    ).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{OTHER}:assumed-role/writes/run"


def test_a_role_without_external_id_takes_any(local_aws: LocalAws) -> None:
    role = local_aws.role(trust(local_aws.arn), keys=local_aws.administrator(OTHER))
    sts = local_aws.client("sts")
    for given in ({}, {"ExternalId": "whatever"}):
        assert sts.assume_role(RoleArn=role, RoleSessionName="run", **given)


@pytest.mark.parametrize(
    "principal",
    [
        "arn:aws:iam::123456789012:root",
        "123456789012",
        "arn:aws:iam::123456789012:user/lyticsapp",
        "*",
    ],
)
def test_a_role_trusts_whom_it_names(local_aws: LocalAws, principal: str) -> None:
    role = local_aws.role(trust(principal), keys=local_aws.administrator(OTHER))
    assert local_aws.client("sts").assume_role(RoleArn=role, RoleSessionName="run")


def test_a_role_trusts_nobody_else(local_aws: LocalAws) -> None:
    role = local_aws.role(
        trust("arn:aws:iam::333333333333:root"), keys=local_aws.administrator(OTHER)
    )
    sts = local_aws.client("sts")
    missing = role + "-gone"
    for arn in (role, missing):
        assert refusal(
            lambda arn=arn: sts.assume_role(RoleArn=arn, RoleSessionName="run")
        )[1] == ("AccessDenied")


def test_who_may_do_everything_still_has_to_be_trusted(local_aws: LocalAws) -> None:
    role = local_aws.role(trust("arn:aws:iam::333333333333:root"))
    sts = local_aws.client("sts")
    said = refusal(lambda: sts.assume_role(RoleArn=role, RoleSessionName="run"))
    assert said[1] == "AccessDenied"


def test_another_accounts_trust_is_not_enough(local_aws: LocalAws) -> None:
    powerless = local_aws.user()
    role = local_aws.role(
        trust(local_aws.arn_of(powerless)), keys=local_aws.administrator(OTHER)
    )
    sts = local_aws.client("sts", keys=powerless)
    assert (
        refusal(lambda: sts.assume_role(RoleArn=role, RoleSessionName="run"))[1]
        == "AccessDenied"
    )
    empowered = local_aws.user(allow("sts:AssumeRole", role))
    local_aws.client(
        "iam", keys=local_aws.administrator(OTHER)
    ).update_assume_role_policy(
        RoleName=role.rpartition("/")[2],
        PolicyDocument=json.dumps(trust(local_aws.arn_of(empowered))),
    )
    assert local_aws.client("sts", keys=empowered).assume_role(
        RoleArn=role, RoleSessionName="run"
    )


def test_a_session_may_what_its_role_may(local_aws: LocalAws, bucket: str) -> None:
    role = local_aws.role(
        trust(local_aws.arn), allow("s3:ListBucket", BUCKET), name="lists"
    )
    session = local_aws.client("sts").assume_role(RoleArn=role, RoleSessionName="run")
    s3 = local_aws.session_client("s3", session["Credentials"])

    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b""))[2] == (
        "User: arn:aws:sts::123456789012:assumed-role/lists/run is not authorized"
        f' to perform: s3:PutObject on resource: "{BUCKET}/k" because no'
        " identity-based policy allows the s3:PutObject action"
    )


def test_a_session_policy_takes_away(local_aws: LocalAws, bucket: str) -> None:
    role = local_aws.role(trust(local_aws.arn), allow("s3:*", "*"))
    session = local_aws.client("sts").assume_role(
        RoleArn=role,
        RoleSessionName="run",
        Policy=json.dumps(allow("s3:ListBucket", "*")),
    )
    s3 = local_aws.session_client("s3", session["Credentials"])

    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    assert (
        "no session policy allows the s3:ListAllMyBuckets"
        in (refusal(s3.list_buckets)[2])
    )


@pytest.mark.parametrize(
    ("service", "operation", "status", "code"),
    [
        ("s3", "list_buckets", 400, "ExpiredToken"),
        ("sts", "get_caller_identity", 403, "ExpiredToken"),
        ("sqs", "list_queues", 403, "ExpiredToken"),
        ("kinesis", "list_streams", 400, "ExpiredTokenException"),
    ],
)
def test_expired_credentials_are_refused(
    local_aws: LocalAws, service: str, operation: str, status: int, code: str
) -> None:
    role = local_aws.role(trust(local_aws.arn), allow("*", "*"))
    session = local_aws.client("sts").assume_role(RoleArn=role, RoleSessionName="run")
    client = local_aws.session_client(service, session["Credentials"])
    getattr(client, operation)()

    local_aws.expire_sessions()

    assert refusal(getattr(client, operation))[:2] == (status, code)


def test_a_session_needs_its_own_token(local_aws: LocalAws) -> None:
    role = local_aws.role(trust(local_aws.arn), allow("*", "*"))
    session = local_aws.client("sts").assume_role(RoleArn=role, RoleSessionName="run")[
        "Credentials"
    ]
    s3 = local_aws.session_client("s3", session | {"SessionToken": "another"})
    assert refusal(s3.list_buckets)[:2] == (400, "InvalidToken")


@pytest.mark.parametrize(
    ("seconds", "code", "words"),
    [
        (900, "", ""),
        (7200, "", ""),
        (899, "ValidationError", "greater than or equal to 900"),
        (7201, "ValidationError", "exceeds the MaxSessionDuration"),
        (43_201, "ValidationError", "less than or equal to 43200"),
    ],
)
def test_a_session_lasts_as_asked_within_limits(
    local_aws: LocalAws, seconds: int, code: str, words: str
) -> None:
    role = local_aws.role(trust(local_aws.arn), max_s=7200)
    # botocore knows the shortest itself, and would not ask
    sts = local_aws.client("sts", parameter_validation=False)

    def assume() -> Any:
        return sts.assume_role(
            RoleArn=role, RoleSessionName="run", DurationSeconds=seconds
        )

    if code:
        assert refusal(assume)[1] == code
        assert words in refusal(assume)[2]
    else:
        lasts = assume()["Credentials"]["Expiration"] - datetime.now(UTC)
        assert seconds - 60 < lasts.total_seconds() <= seconds


def test_a_role_assumed_by_a_role_lasts_an_hour_at_most(local_aws: LocalAws) -> None:
    first = local_aws.role(trust(local_aws.arn), allow("*", "*"))
    second = local_aws.role(trust(first), max_s=7200)
    session = local_aws.client("sts").assume_role(RoleArn=first, RoleSessionName="run")
    sts = local_aws.session_client("sts", session["Credentials"])

    assert sts.assume_role(RoleArn=second, RoleSessionName="next")
    assert (
        "1 hour"
        in refusal(
            lambda: sts.assume_role(
                RoleArn=second, RoleSessionName="next", DurationSeconds=3601
            )
        )[2]
    )


def test_sessions_can_be_made_to_last_seconds(local_aws: LocalAws) -> None:
    role = local_aws.role(trust(local_aws.arn))
    sts = local_aws.client("sts")
    usual = sts.assume_role(RoleArn=role, RoleSessionName="run")["Credentials"]
    local_aws.sessions_last(2)
    short = sts.assume_role(RoleArn=role, RoleSessionName="run")["Credentials"]
    assert (usual["Expiration"] - short["Expiration"]).total_seconds() > 3000

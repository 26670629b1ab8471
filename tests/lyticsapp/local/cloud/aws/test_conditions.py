"""The operators of conditions."""

from __future__ import annotations

from typing import Any

import pytest

from lyticsapp.local.cloud.aws.conditions import hold
from lyticsapp.local.cloud.aws.errors import PolicyError

CONTEXT = {
    "sts:externalid": "e-42",
    "s3:prefix": "in/2026",
    "s3:max-keys": "10",
    "aws:currenttime": "2026-11-26T12:00:00+00:00",
    "aws:epochtime": "1795694400",
    "aws:securetransport": "false",
    "aws:sourceip": "10.1.2.3",
    "aws:principalarn": "arn:aws:iam::123456789012:role/team/reads",
    "aws:username": "ada",
}
TEAM = "arn:aws:iam::123456789012:role/team/*"


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "expected"),
    [
        ("StringEquals", "sts:ExternalId", "e-42", True),
        ("StringEquals", "STS:EXTERNALID", "e-42", True),
        ("StringEquals", "sts:ExternalId", "E-42", False),
        ("StringEquals", "sts:ExternalId", "e-4?", False),
        ("StringEquals", "sts:ExternalId", ["e-41", "e-42"], True),
        ("StringEquals", "aws:Absent", "", False),
        ("StringEquals", "aws:username", "${aws:username}", True),
        ("StringEqualsIfExists", "aws:Absent", "x", True),
        ("StringEqualsIfExists", "sts:ExternalId", "x", False),
        ("StringEqualsIgnoreCase", "sts:ExternalId", "E-42", True),
        ("StringNotEquals", "sts:ExternalId", "e-42", False),
        ("StringNotEquals", "sts:ExternalId", ["e-41", "e-42"], False),
        ("StringNotEquals", "sts:ExternalId", ["e-41", "e-40"], True),
        ("StringNotEquals", "aws:Absent", "x", True),
        ("StringNotEqualsIgnoreCase", "sts:ExternalId", "E-42", False),
        ("StringLike", "s3:prefix", "in/*", True),
        ("StringLike", "s3:prefix", "out/*", False),
        ("StringNotLike", "s3:prefix", "in/*", False),
        ("NumericEquals", "s3:max-keys", 10, True),
        ("NumericNotEquals", "s3:max-keys", "10", False),
        ("NumericLessThan", "s3:max-keys", "10", False),
        ("NumericLessThanEquals", "s3:max-keys", "10.0", True),
        ("NumericGreaterThan", "s3:max-keys", "9", True),
        ("NumericGreaterThanEquals", "s3:max-keys", "ten", False),
        ("DateLessThan", "aws:CurrentTime", "2026-11-26T12:00:01Z", True),
        ("DateGreaterThan", "aws:CurrentTime", "2026-11-26", True),
        ("DateEquals", "aws:EpochTime", "2026-11-26T12:00:00Z", True),
        ("DateNotEquals", "aws:EpochTime", "1795694400", False),
        ("Bool", "aws:SecureTransport", "false", True),
        ("Bool", "aws:SecureTransport", False, True),
        ("Bool", "aws:SecureTransport", True, False),
        ("Bool", "aws:MultiFactorAuthPresent", "false", False),
        ("BoolIfExists", "aws:MultiFactorAuthPresent", "true", True),
        ("IpAddress", "aws:SourceIp", ["192.168.0.0/16", "10.0.0.0/8"], True),
        ("IpAddress", "aws:SourceIp", "2001:db8::/32", False),
        ("IpAddress", "aws:SourceIp", "somewhere", False),
        ("NotIpAddress", "aws:SourceIp", "10.0.0.0/8", False),
        ("ArnLike", "aws:PrincipalArn", TEAM, True),
        ("ArnEquals", "aws:PrincipalArn", TEAM, True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/team/reads", True),
        ("ArnLike", "aws:PrincipalArn", "arn:*/reads", False),
        ("ArnNotLike", "aws:PrincipalArn", TEAM, False),
        ("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::1:role/x", True),
        ("Null", "aws:Absent", "true", True),
        ("Null", "aws:Absent", False, False),
        ("Null", "sts:ExternalId", "false", True),
        ("ForAnyValue:StringEquals", "sts:ExternalId", ["x", "e-42"], True),
        ("ForAnyValue:StringEquals", "aws:Absent", ["x"], False),
        ("ForAllValues:StringEquals", "aws:Absent", ["x"], True),
        ("ForAllValues:StringLike", "s3:prefix", ["out/*"], False),
    ],
)
def test_an_operator(operator: str, key: str, wanted: Any, expected: bool) -> None:
    assert hold({operator: {key: wanted}}, CONTEXT) is expected


def test_all_conditions_have_to_hold() -> None:
    right = {"StringEquals": {"sts:ExternalId": "e-42"}}
    assert hold(right, CONTEXT)
    assert not hold({"StringEquals": {"sts:ExternalId": "e-42", "aws:x": "y"}}, CONTEXT)
    assert not hold(right | {"Bool": {"aws:SecureTransport": "true"}}, CONTEXT)


def test_an_operator_that_does_not_exist_is_named() -> None:
    with pytest.raises(PolicyError, match="StringMatches"):
        hold({"StringMatches": {"sts:ExternalId": "e"}}, CONTEXT)

"""What policies say of an action on a resource, alone and together."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lyticsapp.local.cloud.aws.authorization import Caller, objection
from lyticsapp.local.cloud.aws.errors import PolicyError
from lyticsapp.local.cloud.aws.policies import Principal, Question, Verdict, verdict

KEY = "arn:aws:s3:::orders/in/a.csv"
ASKED = Question("s3:GetObject", KEY, {"aws:username": "ada"})
ADA = Principal("arn:aws:iam::111111111111:user/ada", "111111111111")
SESSION = Principal(
    "arn:aws:sts::111111111111:assumed-role/reads/run",
    "111111111111",
    "arn:aws:iam::111111111111:role/reads",
)
DENIED, ALLOWED, NOTHING = Verdict.DENIED, Verdict.ALLOWED, Verdict.NOTHING
TO_ACCOUNT = Verdict.ALLOWED_TO_ACCOUNT
OWN, OTHER = "111111111111", "222222222222"


def policy(effect: str = "Allow", **elements: Any) -> str:
    given = {"Effect": effect, "Action": "s3:GetObject", "Resource": "*"} | elements
    statement = {name: value for name, value in given.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({}, ALLOWED),
        ({"Action": "S3:getobject"}, ALLOWED),
        ({"Action": "s3:Get*"}, ALLOWED),
        ({"Action": "*"}, ALLOWED),
        ({"Action": ["s3:PutObject", "s3:GetObjec?"]}, ALLOWED),
        ({"Action": "s3:GetObjectAcl"}, NOTHING),
        ({"Action": "s3:Put*"}, NOTHING),
        ({"Action": None, "NotAction": "s3:Put*"}, ALLOWED),
        ({"Action": None, "NotAction": ["iam:*", "s3:*"]}, NOTHING),
        ({"Resource": KEY}, ALLOWED),
        ({"Resource": KEY.upper()}, NOTHING),
        ({"Resource": "arn:aws:s3:::orders/*"}, ALLOWED),
        ({"Resource": "arn:aws:s3:::orders"}, NOTHING),
        ({"Resource": ["arn:aws:s3:::x", "arn:aws:s3:::*/in/?.csv"]}, ALLOWED),
        ({"Resource": None, "NotResource": "arn:aws:s3:::secret/*"}, ALLOWED),
        ({"Resource": None, "NotResource": "arn:aws:s3:::orders/*"}, NOTHING),
        ({"Condition": {"StringEquals": {"aws:username": "ada"}}}, ALLOWED),
        ({"Condition": {"StringEquals": {"aws:username": "bob"}}}, NOTHING),
    ],
)
def test_a_statement(elements: dict[str, Any], expected: Verdict) -> None:
    assert verdict([policy(**elements)], ASKED) is expected
    if expected is ALLOWED:
        assert verdict([policy("Deny", **elements)], ASKED) is DENIED


@pytest.mark.parametrize(
    ("principal", "asker", "expected"),
    [
        ("*", ADA, ALLOWED),
        ({"AWS": "*"}, None, ALLOWED),
        ({"AWS": ADA.arn}, ADA, ALLOWED),
        ({"AWS": ADA.arn}, None, NOTHING),
        ({"AWS": ["arn:aws:iam::3:root", ADA.arn]}, ADA, ALLOWED),
        ({"AWS": ADA.arn.replace("ada", "*")}, ADA, NOTHING),
        ({"AWS": ADA.root}, ADA, TO_ACCOUNT),
        ({"AWS": ADA.account}, ADA, TO_ACCOUNT),
        ({"AWS": SESSION.role_arn}, SESSION, ALLOWED),
        ({"AWS": SESSION.arn}, SESSION, ALLOWED),
        ({"AWS": ADA.arn}, SESSION, NOTHING),
        ({"Service": "ec2.amazonaws.com"}, ADA, NOTHING),
    ],
)
def test_a_principal(
    principal: Any, asker: Principal | None, expected: Verdict
) -> None:
    asked = Question(ASKED.action, ASKED.resource, {}, asker)
    assert verdict([policy(Principal=principal)], asked) is expected


def test_a_denial_wins_and_many_policies_add_up() -> None:
    assert verdict([], ASKED) is NOTHING
    assert verdict([policy(Action="s3:Put*"), policy()], ASKED) is ALLOWED
    assert verdict([policy(), policy("Deny"), policy()], ASKED) is DENIED


@pytest.mark.parametrize(
    "document",
    ["", "[]", "{}", '{"Statement": {"Effect": "allow"}}', '{"Statement": ["x"]}'],
)
def test_what_is_no_policy_is_refused(document: str) -> None:
    with pytest.raises(PolicyError):
        verdict([document], ASKED)


@pytest.mark.parametrize(
    ("own", "resource", "owner", "reason"),
    [
        # in the resource's own account either side may allow
        (None, None, OWN, "no identity-based policy"),
        ("Allow", None, OWN, None),
        (None, ADA.arn, OWN, None),
        (None, "*", OWN, None),
        (None, ADA.root, OWN, "no identity-based policy"),
        ("Allow", ADA.root, OWN, None),
        ("Deny", ADA.arn, OWN, "explicit deny in an identity-based policy"),
        # from another account both have to
        ("Allow", None, OTHER, "no resource-based policy"),
        (None, ADA.arn, OTHER, "no identity-based policy"),
        ("Allow", ADA.arn, OTHER, None),
        ("Allow", ADA.root, OTHER, None),
        ("Allow", "*", OTHER, None),
        ("Deny", "*", OTHER, "explicit deny in an identity-based policy"),
    ],
)
def test_both_sides_together(
    own: str | None, resource: str | None, owner: str, reason: str | None
) -> None:
    caller = Caller(
        principal=ADA,
        user_id="u",
        secret="s",
        policies=[policy(own)] if own else [],
        name="ada",
    )
    theirs = policy(Principal={"AWS": resource}) if resource else ""

    said = objection(caller, ASKED, owner=owner, resource_policy=theirs)

    assert (reason is None) == (said is None)
    assert (reason or "") in (said or "")


@pytest.mark.parametrize("owner", [OWN, OTHER])
def test_a_resource_can_refuse_whom_the_account_allows(owner: str) -> None:
    caller = Caller(principal=ADA, user_id="u", secret="s", policies=[policy()])
    theirs = policy("Deny", Principal={"AWS": ADA.root})
    said = objection(caller, ASKED, owner=owner, resource_policy=theirs)
    assert said == "with an explicit deny in a resource-based policy"


def test_nobody_gets_what_is_open_to_all() -> None:
    def asked(resource_policy: str) -> str | None:
        return objection(None, ASKED, owner=OWN, resource_policy=resource_policy)

    assert asked(policy(Principal="*")) is None
    assert asked(policy(Principal={"AWS": ADA.root})) is not None
    assert asked("") is not None

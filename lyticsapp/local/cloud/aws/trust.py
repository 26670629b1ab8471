"""AssumeRole: whether a role trusts the caller, and how long the session may last."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from moto.iam.models import Role

from lyticsapp.local.cloud.aws import authorization, policies
from lyticsapp.local.cloud.aws.authorization import Caller
from lyticsapp.local.cloud.aws.errors import RefusedError
from lyticsapp.local.cloud.aws.policies import Question, Verdict

DEFAULT_S = 3600
SHORTEST_S = 900
LONGEST_S = 43_200
CHAINED_S = 3600
PARAMETERS = {
    "ExternalId": "sts:externalid",
    "RoleSessionName": "sts:rolesessionname",
    "SourceIdentity": "sts:sourceidentity",
}


def condition_keys(given: dict[str, Any]) -> dict[str, str]:
    """What a trust policy's conditions can ask about a call of STS."""
    return {key: str(given[name]) for name, key in PARAMETERS.items() if name in given}


def is_given(caller: Caller, role: Role, question: Question) -> bool:
    """Whether the caller may assume the role.

    Its trust policy has to allow it, and where that leaves it to the caller's account,
    or the account is another than the role's, so have the caller's own policies.
    """
    question = replace(question, principal=caller.principal)
    trust = role.assume_role_policy_document
    if policies.verdict([trust], question) in (Verdict.DENIED, Verdict.NOTHING):
        return False
    reason = authorization.objection(
        caller, question, owner=role.account_id, resource_policy=trust
    )
    return reason is None


def check_duration(caller: Caller, role: Role, given: dict[str, Any]) -> None:
    """Raises RefusedError where the session would last too long or too short."""
    wanted = int(given.get("DurationSeconds", DEFAULT_S))
    if wanted < SHORTEST_S:
        raise _invalid(wanted, f"greater than or equal to {SHORTEST_S}")
    if wanted > LONGEST_S:
        raise _invalid(wanted, f"less than or equal to {LONGEST_S}")
    if caller.principal.role_arn and wanted > CHAINED_S:
        raise RefusedError(
            "invalid",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles"
            " assumed by role chaining",
        )
    if wanted > int(role.max_session_duration or DEFAULT_S):
        raise RefusedError(
            "invalid",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this"
            " role.",
        )


def _invalid(wanted: int, limit: str) -> RefusedError:
    return RefusedError(
        "invalid",
        f"1 validation error detected: Value '{wanted}' at 'durationSeconds' failed to"
        f" satisfy constraint: Member must have value {limit}",
    )

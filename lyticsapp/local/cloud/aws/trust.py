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


def is_given(caller: Caller, role: Role | None, question: Question) -> bool:
    """Whether the role's trust policy, and where it leaves that to the caller's
    account or comes from another one, the caller's own policies allow it.

    A role that does not exist trusts nobody: AWS does not tell the difference.
    """
    if role is None:
        return False
    question = replace(question, principal=caller.principal)
    trust = policies.verdict([role.assume_role_policy_document], question)
    if trust not in (Verdict.ALLOWED, Verdict.ALLOWED_TO_ACCOUNT):
        return False
    reason = authorization.objection(
        caller,
        question,
        owner=role.account_id,
        resource_policy=role.assume_role_policy_document,
    )
    return reason is None


def check_duration(caller: Caller, role: Role, given: dict[str, Any]) -> None:
    """Raises RefusedError where the session would last too long or too short."""
    wanted = int(given.get("DurationSeconds", DEFAULT_S))
    for limit, beyond in ((SHORTEST_S, "greater"), (LONGEST_S, "less")):
        if (wanted < limit) if beyond == "greater" else (wanted > limit):
            raise RefusedError(
                "invalid",
                f"1 validation error detected: Value '{wanted}' at 'durationSeconds'"
                " failed to satisfy constraint: Member must have value"
                f" {beyond} than or equal to {limit}",
            )
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

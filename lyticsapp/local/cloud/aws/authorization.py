"""Whether a caller may do something: its own policies and the resource's together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lyticsapp.local.cloud.aws import policies
from lyticsapp.local.cloud.aws.policies import Principal, Question, Verdict


@dataclass(frozen=True)
class Caller:
    """Who signed a call, and the documents of the policies this identity has."""

    principal: Principal
    user_id: str
    secret: str = field(repr=False)
    policies: Sequence[str]
    name: str = ""  # of a user
    session_token: str = field(default="", repr=False)
    session_policy: str = ""

    @property
    def context(self) -> dict[str, str]:
        """The condition keys that tell who calls."""
        known = {
            "aws:principalarn": self.principal.role_arn or self.principal.arn,
            "aws:principalaccount": self.principal.account,
            "aws:principaltype": "User" if self.name else "AssumedRole",
            "aws:userid": self.user_id,
        }
        return known | ({"aws:username": self.name} if self.name else {})


def objection(
    caller: Caller | None, question: Question, *, owner: str, resource_policy: str
) -> str | None:
    """Why not, in AWS's words after "on resource: …"; None when it is allowed.

    Within the account of the resource's owner either side may allow it; from another
    account both must, and somebody unknown needs the resource's policy.
    """
    principal = caller.principal if caller else None
    question = replace(question, principal=principal)
    theirs = policies.verdict([resource_policy] if resource_policy else [], question)
    if theirs is Verdict.DENIED:
        return "with an explicit deny in a resource-based policy"
    if caller is None:
        return (
            None if theirs is Verdict.ALLOWED else _nothing("resource-based", question)
        )
    refused = _own_objection(caller, question)
    if refused and "explicit deny" in refused:
        return refused
    if caller.principal.account == owner:
        return None if theirs is Verdict.ALLOWED else refused
    if refused is None and theirs is Verdict.NOTHING:
        return _nothing("resource-based", question)
    return refused


def _own_objection(caller: Caller, question: Question) -> str | None:
    own = policies.verdict(caller.policies, question)
    if own is Verdict.DENIED:
        return "with an explicit deny in an identity-based policy"
    if own is Verdict.NOTHING:
        return _nothing("identity-based", question)
    if not caller.session_policy:
        return None
    limited = policies.verdict([caller.session_policy], question)
    if limited is Verdict.DENIED:
        return "with an explicit deny in a session policy"
    return _nothing("session", question) if limited is Verdict.NOTHING else None


def _nothing(side: str, question: Question) -> str:
    return f"because no {side} policy allows the {question.action} action"

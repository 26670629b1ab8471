"""Policies: whether their statements allow or deny an action on a resource.

Nothing here knows of HTTP or of moto.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Any

from lyticsapp.local.cloud.aws import conditions
from lyticsapp.local.cloud.aws.conditions import as_list
from lyticsapp.local.cloud.aws.errors import PolicyError
from lyticsapp.local.cloud.aws.wildcards import matches


class Verdict(Enum):
    """What policies say; the stronger ones come first."""

    DENIED = auto()
    ALLOWED = auto()  # to this principal, or to anybody
    ALLOWED_TO_ACCOUNT = auto()  # to whom the account's own policies allow it
    NOTHING = auto()


@dataclass(frozen=True)
class Principal:
    """Who acts: a user, or a session of a role, which policies name by either ARN."""

    arn: str
    account: str
    role_arn: str = ""

    @property
    def root(self) -> str:
        return f"arn:aws:iam::{self.account}:root"


@dataclass(frozen=True)
class Question:
    """May this be done? `context` holds condition keys in lower case."""

    action: str
    resource: str
    context: Mapping[str, str]
    principal: Principal | None = None


@dataclass(frozen=True)
class Statement:
    """One statement as written; an element that is absent is None."""

    allows: bool
    action: tuple[str, ...] | None
    not_action: tuple[str, ...] | None
    resource: tuple[str, ...] | None
    not_resource: tuple[str, ...] | None
    principal: tuple[str, ...] | None
    condition: Mapping[str, Mapping[str, Any]]

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Statement:
        if given.get("Effect") not in ("Allow", "Deny"):
            raise PolicyError("Statement: Effect is Allow or Deny.")
        if "NotPrincipal" in given:
            raise PolicyError("Statement: NotPrincipal is not supported here.")
        return cls(
            allows=given["Effect"] == "Allow",
            action=_texts(given, "Action"),
            not_action=_texts(given, "NotAction"),
            resource=_texts(given, "Resource"),
            not_resource=_texts(given, "NotResource"),
            principal=_principals(given.get("Principal")),
            condition=given.get("Condition", {}),
        )

    def verdict(self, question: Question) -> Verdict:
        """What this statement says, as one of an identity's or a resource's policy."""
        granted = self._granted_to(question.principal)
        if (
            granted is Verdict.NOTHING
            or not self._is_about_action(question.action)
            or not self._is_about_resource(question)
            or not conditions.hold(self.condition, question.context)
        ):
            return Verdict.NOTHING
        return granted if self.allows else Verdict.DENIED

    def _is_about_action(self, action: str) -> bool:
        lowered = action.lower()
        if self.not_action is not None:
            return not any(matches(p.lower(), lowered) for p in self.not_action)
        return any(matches(p.lower(), lowered) for p in self.action or ())

    def _is_about_resource(self, question: Question) -> bool:
        patterns = self.resource if self.not_resource is None else self.not_resource
        if patterns is None:  # a trust policy: the role it belongs to
            return True
        found = any(
            matches(pattern, question.resource, question.context)
            for pattern in patterns
        )
        return found == (self.not_resource is None)

    def _granted_to(self, principal: Principal | None) -> Verdict:
        """How the statement names the principal; an identity's need not name it."""
        if self.principal is None:
            return Verdict.ALLOWED
        if "*" in self.principal:
            return Verdict.ALLOWED
        if principal is None:
            return Verdict.NOTHING
        if {principal.arn, principal.role_arn}.intersection(self.principal):
            return Verdict.ALLOWED
        if {principal.account, principal.root}.intersection(self.principal):
            return Verdict.ALLOWED_TO_ACCOUNT
        return Verdict.NOTHING


@lru_cache(maxsize=1024)
def parse(document: str) -> tuple[Statement, ...]:
    """The statements of a policy's JSON; raises PolicyError."""
    try:
        given = json.loads(document)
        return tuple(Statement.parse(each) for each in as_list(given["Statement"]))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PolicyError("A policy is an object with a Statement.") from error


def verdict(documents: Iterable[str], question: Question) -> Verdict:
    """What these policies say together: a denial wins, then an allowance."""
    said = {
        statement.verdict(question)
        for document in documents
        for statement in parse(document)
    }
    return next((each for each in Verdict if each in said), Verdict.NOTHING)


def _texts(given: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    return tuple(as_list(given[name])) if name in given else None


def _principals(given: Any) -> tuple[str, ...] | None:
    """The AWS principals named; services and federated identities never call here."""
    if given is None:
        return None
    if isinstance(given, str):
        return (given,)
    return tuple(as_list(given.get("AWS", [])))

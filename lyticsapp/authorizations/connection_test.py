"""Testing an authorization: named steps, and what is to be done where one fails.

What is tried of every authorization, its method declares; what the jobs that use it
need besides, a higher package tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from django.utils import timezone

from lyticsapp.authorizations import provider
from lyticsapp.authorizations.credentials import Credentials, credentials_of
from lyticsapp.authorizations.encryption import DecryptionError
from lyticsapp.authorizations.models import Authorization, Health
from lyticsapp.authorizations.step import (
    Outcome,
    Result,
    Step,
    Steps,
    failed,
    skipped_after,
)


class StepSource(Protocol):
    """Tells what those that use an authorization need of it."""

    def __call__(self, authorization: Authorization) -> Steps: ...


_sources: dict[str, StepSource] = {}


def bind(name: str, source: StepSource) -> None:
    """Have a package asked; called by the composition root."""
    _sources[name] = source


def steps_of(authorization: Authorization) -> list[Step]:
    """What a test would try now, in order, each once."""
    steps = {step.key: step for step in provider.method_of(authorization).steps}
    for source in _sources.values():
        for step in source(authorization):
            steps.setdefault(step.key, step)
    return list(steps.values())


def listed(authorization: Authorization) -> list[dict[str, Any]]:
    """The steps with what came of each in the last test; null of those not tried."""
    last: Mapping[str, dict[str, Any]] = {
        each["step"]: each for each in authorization.test_result
    }
    return [
        last.get(step.key) or _untried(step.key, step.title)
        for step in steps_of(authorization)
    ]


def run(authorization: Authorization) -> Authorization:
    """Try every step and keep what came of them; the authorization with that.

    It waits for the other side. What was found of settings that somebody has changed
    meanwhile is not kept.
    """
    found = _of_authorization(authorization)
    rows = Authorization.objects.for_account(authorization.account_id)
    rows.filter(pk=authorization.pk, version=authorization.version).update(
        test_result=found, tested_at=timezone.now(), health=_health(found)
    )
    current: Authorization | None = (
        rows.select_related("account", "created_by")
        .defer("secrets")
        .filter(pk=authorization.pk)
        .first()
    )
    return current or authorization


def tried(credentials: Credentials, steps: Steps) -> list[dict[str, Any]]:
    """Try steps in order; what came of each. It waits for the other side."""
    found = []
    in_the_way: Step | None = None
    for step in steps:
        if in_the_way is not None:
            result = skipped_after(in_the_way)
        else:
            result = step.run(credentials)
            if step.is_basis and result.outcome is not Outcome.PASSED:
                in_the_way = step
        found.append(_shown(step.key, step.title, result))
    return found


def unreadable(error: DecryptionError) -> list[dict[str, Any]]:
    """What comes of a test where the stored secrets cannot be read."""
    return [_shown("secrets", "Stored secrets", failed(str(error)))]


def _of_authorization(authorization: Authorization) -> list[dict[str, Any]]:
    try:
        credentials = credentials_of(authorization)
    except DecryptionError as error:
        return unreadable(error)
    return tried(credentials, steps_of(authorization))


def _health(tried: list[dict[str, Any]]) -> Health:
    outcomes = {each["outcome"] for each in tried}
    if Outcome.FAILED.value in outcomes:
        return Health.UNHEALTHY
    return Health.HEALTHY if Outcome.PASSED.value in outcomes else Health.UNKNOWN


def _shown(key: str, title: str, result: Result) -> dict[str, Any]:
    return _untried(key, title) | {
        "outcome": result.outcome.value,
        "text": result.text,
        "missing": result.missing,
        "policy": result.policy,
    }


def _untried(key: str, title: str) -> dict[str, Any]:
    return {
        "step": key,
        "title": title,
        "outcome": None,
        "text": "",
        "missing": "",
        "policy": None,
    }

"""What a caller says a job should be, read from the documented JSON.

Documented keys of what the product does not have (hidden jobs, quiet times) are
refused where they ask for something.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.models import Authorization
from lyticsapp.declaration.errors import InvalidSettingError, NotOfferedYetError
from lyticsapp.jobs import workflow
from lyticsapp.jobs.workflow import Wanted, Workflow

OWN = frozenset({"name", "description", "config", "auth_ids", "workflow", "version"})
ANSWERED = frozenset(
    {
        "id",
        "account_id",
        "user_id",
        "workflow_id",
        "workflow_title",
        "status",
        "status_reason",
        "next_run",
        "created",
        "updated",
    }
)
"""Keys of answers; whoever sends an answer back sends them along."""
LATER = frozenset(
    {
        "tag",
        "hidden",
        "verbose_logging",
        "expires_at",
        "quiet_time_of_day",
        "quiet_timezone",
        "quiet_period",
        "drop_events_during_quiet_window",
        "monitoring",
    }
)
"""Documented, and without effect only where nothing is asked for."""


def read(account: Account, body: Any, key: str = "") -> Wanted:
    """A whole job, of the workflow of this key where the address names it.

    Raises InvalidSettingError, NotOfferedYetError and UnknownWorkflowError.
    """
    said = _object(body, "body")
    for name, value in said.items():
        if name in LATER and value:
            raise NotOfferedYetError(name)
        if name not in OWN | ANSWERED | LATER:
            raise InvalidSettingError(name, "is not a known key.")
    kind = workflow.get(key or _text(said, "workflow") or _text(said, "workflow_id"))
    return Wanted(
        workflow=kind.key,
        label=_text(said, "name"),
        description=_text(said, "description"),
        authorization=_authorization(account, said.get("auth_ids")),
        config=_whole_config(kind, _object(said.get("config") or {}, "config")),
    )


def read_version(body: Any) -> int | None:
    """The version of the job that a change was made from, where it is told."""
    version = _object(body, "body").get("version")
    if version is not None and type(version) is not int:
        raise InvalidSettingError("version", "must be a whole number.")
    return version


def _whole_config(kind: Workflow, config: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting: what is left out is as if the job were new, not as it was."""
    known = {each.name: each.default for each in kind.fields}
    for name in config:
        if name not in known:
            raise InvalidSettingError(f"config.{name}", "is not a known setting.")
    return {**known, **config}


def _authorization(account: Account, value: Any) -> Authorization | None:
    if not value:
        return None
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], str):
        raise InvalidSettingError("auth_ids", "must be an array of one id.")
    rows = Authorization.objects.for_account(account).filter(public_id=value[0])
    found: Authorization | None = rows.first()
    if found is None:
        raise InvalidSettingError("auth_ids", f"there is no authorization {value[0]}.")
    return found


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidSettingError(name, "must be a JSON object.")
    return value


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name) or ""
    if not isinstance(value, str):
        raise InvalidSettingError(name, "must be a text.")
    return value.strip()

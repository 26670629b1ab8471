"""What a caller says a subscription should be, read from the documented JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.models import Authorization
from lyticsapp.declaration.errors import InvalidSettingError, NotOfferedYetError
from subscriptions.channel import registry
from subscriptions.common_settings import settings_of

LONGEST_NAME = 200
MOST_SEGMENTS = 500
TABLE = "user"

ANSWERED = frozenset(
    {
        "account_id",
        "aid",
        "config",
        "created",
        "id",
        "object",
        "query",
        "slug",
        "subscription_id",
        "updated",
        "user_id",
        "version",
        "work_id",
        "workflow",
    }
)
"""Keys of answers; whoever sends an answer back sends them along."""

LATER: Mapping[str, Any] = {
    "cloudevents": False,
    "cloudevents_source": "",
    "cloudevents_type": "",
    "template_id": "",
}
"""Documented settings that are still to be built, and what they are without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is said of a subscription; None where nothing is said."""

    public_id: str | None = None
    channel: str | None = None
    name: str | None = None
    description: str | None = None
    segment_refs: list[str] | None = None
    segmentql: str | None = None
    withbackfill: bool | None = None
    backfills_one: bool = False
    """Whether a backfill is limited to one segment, as that of the documented API is."""
    authorization: Authorization | None = None
    without_authorization: bool = False
    """Whether it is said that there is none."""
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read(account: Account, body: Any) -> Wanted:
    """What a body says; raises InvalidSettingError or NotOfferedYetError.

    `config`, as answers have it, counts where the same key does not stand beside it.
    """
    if not isinstance(body, dict):
        raise InvalidSettingError("body", "must be a JSON object.")
    config = body.get("config") or {}
    if not isinstance(config, dict):
        raise InvalidSettingError("config", "must be an object.")
    said = {**config, **body}
    settings = {s.name for each in registry().values() for s in settings_of(each)}
    for name, value in said.items():
        _check_known(name, value, settings)
    if said.get("table") not in (None, "", TABLE):
        raise InvalidSettingError("table", f"must be {TABLE}.")
    withbackfill = said.get("withbackfill")
    if withbackfill is not None and not isinstance(withbackfill, bool):
        raise InvalidSettingError("withbackfill", "must be true or false.")
    return Wanted(
        public_id=_text(body, "id"),
        channel=_text(said, "channel"),
        name=_text(said, "name", LONGEST_NAME),
        description=_text(said, "description"),
        segment_refs=_texts(said, "segment_ids"),
        segmentql=_text(said, "segmentql"),
        withbackfill=withbackfill,
        backfills_one=True,
        authorization=_authorization(account, said.get("authorization_id")),
        without_authorization="authorization_id" in said
        and not said["authorization_id"],
        settings={name: said[name] for name in settings & said.keys()},
    )


_OWN = frozenset(
    {
        "authorization_id",
        "channel",
        "description",
        "name",
        "segment_ids",
        "segmentql",
        "table",
        "withbackfill",
    }
)


def _check_known(name: str, value: Any, settings: set[str]) -> None:
    if name in LATER:
        if value and value != LATER[name]:
            raise NotOfferedYetError(name)
    elif name not in _OWN and name not in ANSWERED and name not in settings:
        raise InvalidSettingError(name, "is not a known setting.")


def _authorization(account: Account, public_id: Any) -> Authorization | None:
    if not public_id:
        return None
    rows = Authorization.objects.for_account(account)
    found: Authorization | None = rows.filter(public_id=public_id).first()
    if found is None:
        raise InvalidSettingError(
            "authorization_id", f"there is no authorization {public_id}."
        )
    return found


def _text(said: Mapping[str, Any], name: str, most: int = 100_000) -> str | None:
    value = said.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidSettingError(name, "must be a text.")
    if len(value) > most:
        raise InvalidSettingError(name, f"is over {most} characters.")
    return value.strip()


def _texts(said: Mapping[str, Any], name: str) -> list[str] | None:
    value = said.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise InvalidSettingError(name, "must be an array of texts.")
    if len(value) > MOST_SEGMENTS:
        raise InvalidSettingError(name, f"has over {MOST_SEGMENTS} entries.")
    return [text.strip() for text in value]

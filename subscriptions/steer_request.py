"""What a caller says of what is to be done with a subscription."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lyticsapp.accounts.models import Account
from lyticsapp.declaration.errors import InvalidSettingError
from segments.definitions import lookup as segment_lookup
from segments.definitions.models import Segment
from segments.membership.listing import with_identity
from segments.profiles.models import Profile
from subscriptions import channel, replay, request, selection_query
from subscriptions.models import Backlog, Subscription
from subscriptions.selection import Selection


@dataclass(frozen=True, slots=True)
class Replaying:
    """What is to be sent again, and how fast; or only counted."""

    selection: Selection
    per_second: int
    is_preview: bool


@dataclass(frozen=True, slots=True)
class Previewing:
    """Whose message is to be shown, about what."""

    profile: Profile
    segments: Sequence[Segment]
    user_fields: Sequence[str]


@dataclass(frozen=True, slots=True)
class Backfilling:
    """Whether a backfill is to be of a sample, and whether it is only asked about."""

    is_sample: bool
    is_preview: bool


@dataclass(frozen=True, slots=True)
class Forecasting:
    """Of which subscription one wants to know what its backfill will come to."""

    channel: str
    segments: Sequence[Segment]
    settings: Mapping[str, Any]


def read_replay(subscription: Subscription, body: Any) -> Replaying:
    """What a body says; raises InvalidSettingError and UnknownSegmentError."""
    said = _object(body)
    ids = said.get("ids")
    listed = ",".join(map(str, ids)) if isinstance(ids, list) else ids
    per_second = said.get("per_second", replay.PER_SECOND)
    if not isinstance(per_second, int):
        raise InvalidSettingError("per_second", "must be a number.")
    wanted = selection_of(subscription, {**said, "ids": listed})
    return Replaying(wanted, per_second, _flag(said, "preview"))


def read_preview(account: Account, body: Any) -> Previewing:
    """What a body says; raises InvalidSettingError and UnknownSegmentError."""
    said = _object(body)
    segments = segment_lookup.get_all(account, _texts(said, "segment_ids"))
    if not segments:
        raise InvalidSettingError("segment_ids", "name at least one segment.")
    user = str(said.get("user") or "").strip()
    profile = with_identity(account, user).first()
    if profile is None:
        raise InvalidSettingError("user", f"{user!r} is nobody's identity.")
    return Previewing(profile, segments, _texts(said, "user_fields"))


def read_backfill(body: Any) -> Backfilling:
    """Which backfill is to begin; raises InvalidSettingError."""
    said = _object(body)
    return Backfilling(_flag(said, "sample"), _flag(said, "preview"))


def read_rate_limit(body: Any) -> Any:
    """The most messages a second, not checked yet; raises InvalidSettingError."""
    said = _object(body)
    if "rate_limit" not in said:
        raise InvalidSettingError("rate_limit", "is required; null for no limit.")
    return said["rate_limit"]


def read_forecast(account: Account, body: Any) -> Forecasting:
    """Of what a forecast is wanted; raises as `request.read`, and for its segments."""
    said = request.read(account, body)
    segments = segment_lookup.get_all(account, said.segment_refs or [])
    if not segments:
        raise InvalidSettingError("segment_ids", "name at least one segment.")
    return Forecasting(channel.get(said.channel or "").key, segments, said.settings)


def read_confirm(body: Any) -> bool:
    """Whether corrections are to be sent; raises InvalidSettingError."""
    return _flag(_object(body), "confirm")


def read_backlog(body: Any) -> Backlog:
    """What is to be sent after a pause; raises InvalidSettingError."""
    mode = _object(body).get("mode", Backlog.ALL)
    if mode not in Backlog.values:
        raise InvalidSettingError("mode", f"must be one of: {', '.join(Backlog)}.")
    return Backlog(mode)


def selection_of(subscription: Subscription, said: Mapping[str, Any]) -> Selection:
    """The messages of a subscription that are meant; raises as above."""
    query = {**said, "subscription": subscription.public_id}
    return selection_query.read(subscription.account, query)


def number(said: Mapping[str, str], name: str) -> int | None:
    """A number of a query; None where it is not given. Raises InvalidSettingError."""
    text = said.get(name, "").strip()
    if text and not (text.isdecimal() and len(text) < 19):
        raise InvalidSettingError(name, f"{text!r} is not a number.")
    return int(text) if text else None


def _object(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise InvalidSettingError("body", "must be a JSON object.")
    return body


def _flag(said: Mapping[str, Any], name: str) -> bool:
    value = said.get(name, False)
    if not isinstance(value, bool):
        raise InvalidSettingError(name, "must be true or false.")
    return value


def _texts(said: Mapping[str, Any], name: str) -> list[str]:
    value = said.get(name) or []
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise InvalidSettingError(name, "must be an array of texts.")
    return [text.strip() for text in value]

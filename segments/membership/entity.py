"""A user as the API shows one: fields, and the segments they are in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lyticsapp.accounts.models import Account
from segments.definitions.models import Segment
from segments.profiles.fields import root_of
from segments.profiles.models import Field, FieldType, Identity, Profile
from segments.profiles.render import render

ALWAYS_SHOWN_SEGMENT = "all"
NOT_FOUND_SEGMENT = "not_found"
TIMES = ("_created", "_modified")


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a user is to be shown."""

    fields: Collection[str] = ()
    """Names of fields or of maps; none names all."""
    segments: bool = True
    segment_ids: bool = False


def find(account: Account, field: str, value: str) -> Profile | None:
    """The user that this identity names."""
    identity = (
        Identity.objects.filter(account=account, field=field, value=value)
        .select_related("profile")
        .first()
    )
    return identity.profile if identity is not None else None


def show(profile: Profile, shown: Shown) -> dict[str, Any]:
    """The user's fields, typed, with `segments` and `segments_all` as asked for.

    Every segment of the account is listed. The documents list the public ones
    only, for browsers that read a profile without a secret; here each caller holds
    a token of the account, and looks for the segment just made.
    """
    return show_all(profile.account_id, [profile], shown)[0]


def show_all(
    account_id: int, profiles: Sequence[Profile], shown: Shown
) -> list[dict[str, Any]]:
    """Users of one account, each as it is shown alone."""
    types = _types(account_id)
    known = _slugs(account_id, profiles) if shown.segments or shown.segment_ids else {}
    return [_shown(profile, shown, types, known) for profile in profiles]


def show_missing(shown: Shown) -> dict[str, Any]:
    """What is shown where no user is found."""
    data: dict[str, Any] = {}
    if shown.segments:
        data["segments"] = [NOT_FOUND_SEGMENT, ALWAYS_SHOWN_SEGMENT]
    if shown.segment_ids:
        data["segments_all"] = []
    return data


def _shown(
    profile: Profile,
    shown: Shown,
    types: Mapping[str, FieldType],
    known: Mapping[int, tuple[str, str]],
) -> dict[str, Any]:
    data = _fields(profile, shown.fields, types)
    slugs = sorted(known[i] for i in profile.segment_ids if i in known)
    if shown.segments:
        data["segments"] = [*(slug for slug, _ in slugs), ALWAYS_SHOWN_SEGMENT]
    if shown.segment_ids:
        data["segments_all"] = [public_id for _, public_id in slugs]
    return data


def _fields(
    profile: Profile, wanted: Collection[str], types: Mapping[str, FieldType]
) -> dict[str, Any]:
    values = profile.fields
    if wanted:
        values = {
            name: value
            for name, value in values.items()
            if name in wanted or root_of(name) in wanted
        }
    data = render(values, types, profile.created_at, profile.modified_at)
    for name in TIMES:
        if wanted and name not in wanted:
            del data[name]
    return data


def _types(account_id: int) -> dict[str, FieldType]:
    fields = Field.objects.for_account(account_id).values_list("name", "type")
    return {name: FieldType(kind) for name, kind in fields}


def _slugs(account_id: int, profiles: Iterable[Profile]) -> dict[int, tuple[str, str]]:
    """The slug and the id of each segment that one of the users is in."""
    keys = set().union(*(profile.segment_ids for profile in profiles))
    segments = Segment.objects.for_account(account_id).filter(pk__in=keys)
    return {
        pk: (slug, public_id)
        for pk, slug, public_id in segments.values_list("pk", "slug", "public_id")
    }

"""Profiles put straight into the tables, by the hundred."""

from __future__ import annotations

from datetime import UTC, datetime

from segments.profiles.models import Field, Identity, Profile

AT = datetime(2024, 5, 1, tzinfo=UTC)


def make_profiles(account, bodies, **values):
    """A profile with each of these fields; `user_id` among them is an identity."""
    given = {"created_at": AT, "modified_at": AT} | values
    profiles = Profile.across_accounts.bulk_create(
        [Profile(account=account, fields=body, **given) for body in bodies]
    )
    Identity.objects.bulk_create(
        Identity(
            account=account,
            field="user_id",
            value=profile.fields["user_id"],
            profile=profile,
        )
        for profile in profiles
        if "user_id" in profile.fields
    )
    return profiles


def make_fields(account, **types):
    Field.across_accounts.bulk_create(
        [Field(account=account, name=name, type=kind) for name, kind in types.items()]
    )

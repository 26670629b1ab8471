"""Field types that grow with the data, and what follows when one changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from segments.definitions import lock, recompute
from segments.definitions.catalog import load
from segments.definitions.models import Segment
from segments.pipeline.errors import TooManyFieldsError
from segments.profiles.fields import fits, infer, join, root_of
from segments.profiles.models import Field, FieldType

MAX_FIELDS = 10_000  # of an account; each batch knows them all


def missing_types(
    events: Iterable[Mapping[str, Any]],
    types: Mapping[str, FieldType],
    pinned: frozenset[str],
) -> dict[str, FieldType]:
    """The types that fields must have, where they are new or too narrow, by name.

    A type that a person has pinned is never too narrow.
    """
    wanted: dict[str, FieldType] = {}
    for fields in events:
        for name, value in fields.items():
            known = wanted.get(name) or types.get(name)
            if known is not None and fits(value, known):
                continue
            inferred = infer(value)
            if inferred is None:
                continue
            wanted[name] = join(known, inferred) if known else inferred
            root = root_of(name)
            if root is not None and types.get(root) is not FieldType.MAP:
                wanted[root] = FieldType.MAP
    return {name: kind for name, kind in wanted.items() if name not in pinned}


def widen(account_id: int, wanted: Mapping[str, FieldType]) -> None:
    """Give fields types that hold the wanted ones; committed before the events are.

    A type that a person has pinned stays as it is. Raises TooManyFieldsError.
    """
    with lock.exclusive(account_id):
        stored = {
            field.name: field
            for field in Field.objects.for_account(account_id).filter(name__in=wanted)
        }
        new = len(wanted) - len(stored)
        if new and Field.objects.for_account(account_id).count() + new > MAX_FIELDS:
            raise TooManyFieldsError
        Field.across_accounts.bulk_create(
            Field(account_id=account_id, name=name, type=kind)
            for name, kind in wanted.items()
            if name not in stored
        )
        widened = [
            field
            for field in stored.values()
            if not field.pinned and _widen(field, wanted[field.name])
        ]
        Field.across_accounts.bulk_update(
            widened, ["type", "widened_from", "widened_at"]
        )
        if widened:
            _recompute_users(account_id, [field.name for field in widened])


def retype(field: Field, field_type: FieldType, *, actor: Actor) -> None:
    """Set a field's type by a person's choice and pin it."""
    with lock.exclusive(field.account_id):
        stored = Field.objects.for_account(field.account_id).get(pk=field.pk)
        field.type, field.pinned = field_type, True
        field.save(update_fields=["type", "pinned"])
        audit.record(
            account=field.account,
            action="update",
            obj=field,
            changes={"type": [stored.type, field.type]},
            user=actor.user,
            token=actor.token,
        )
        _recompute_users(field.account_id, [field.name])


def _widen(field: Field, wanted: FieldType) -> bool:
    current = FieldType(field.type)
    wider = join(current, wanted)
    if wider is current:
        return False
    field.type, field.widened_from, field.widened_at = wider, current, timezone.now()
    return True


def _recompute_users(account_id: int, names: list[str]) -> None:
    users = [segment.id for segment in load(account_id).that_mention(names)]
    for segment in Segment.objects.for_account(account_id).filter(pk__in=users):
        recompute.start(segment, silent=False)

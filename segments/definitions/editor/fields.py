"""The fields that a filter of an account can name, with their types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lyticsapp.accounts.models import Account
from segments.filterql import fields_of, from_ast, to_ast
from segments.profiles.models import Field, FieldType

OF_EVERY_PROFILE = {"_created": FieldType.DATE, "_modified": FieldType.DATE}


@dataclass(frozen=True, slots=True)
class KnownField:
    """A field as people know it, and as the tree of a filter names it."""

    name: str
    ident: str
    type: str


def names(account: Account) -> set[str]:
    """The names of all fields of the account, by which nobody is warned."""
    seen = Field.objects.for_account(account).values_list("name", flat=True)
    return {*seen, *OF_EVERY_PROFILE, *account.identity_fields}


def search(account: Account, text: str, *, at_most: int) -> list[KnownField]:
    """The fields that begin with a text, then those that hold it.

    A single letter is held by nearly every name, and tells nothing.
    """
    own = Field.objects.for_account(account).order_by("name")
    starting = own.filter(name__istartswith=text)
    holding = own.filter(name__icontains=text).exclude(name__istartswith=text)
    found = list(starting.values_list("name", "type")[:at_most])
    found += [each for each in OF_EVERY_PROFILE.items() if each[0].startswith(text)]
    if len(found) < at_most and len(text) > 1:
        found += holding.values_list("name", "type")[: at_most - len(found)]
    return [KnownField(name, ident_of(name), kind) for name, kind in found[:at_most]]


def described(account: Account, idents: Iterable[str]) -> dict[str, KnownField]:
    """The fields that a tree names, by their idents; the type is empty if unknown."""
    flat = {ident: _flat_name(ident) for ident in idents}
    rows = Field.objects.for_account(account).filter(name__in=flat.values())
    types = {**OF_EVERY_PROFILE, **dict(rows.values_list("name", "type"))}
    return {
        ident: KnownField(name, ident, types.get(name, ""))
        for ident, name in flat.items()
    }


def ident_of(name: str) -> str:
    """How the tree of a filter names a field."""
    tree = to_ast(from_ast({"ident": name}))
    ident: str = tree.get("ident", f"`{name}`")
    return ident


def _flat_name(ident: str) -> str:
    """The name under which profiles have the field."""
    return max(fields_of(from_ast({"ident": ident})), key=len)

"""What a caller says a segment should be, from FilterQL text or from JSON values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lyticsapp.accounts.identifiers import is_public_id
from segments.definitions.errors import InvalidValueError
from segments.definitions.statement import Statement, read, read_ast

TABLE = "user"
DEFAULT_KIND = "segment"
KINDS = (
    DEFAULT_KIND,
    "aspect",
    "goal",
    "list",
    "conversion",
    "metric",
    "managed",
    "candidate",
    "trigger",
)
RESERVED_SLUGS = frozenset(
    {
        # What the entity API lists besides the slugs of segments.
        "all",
        "not_found",
        # What stands in addresses where a slug could.
        "attribution",
        "reevaluate",
        "scan",
        "size",
        "sizes",
        "validate",
    }
)
_SLUG = re.compile(r"[\w@-][\w.@-]*")
_BETWEEN_WORDS = re.compile(r"\W+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is said of a segment; None where nothing is said."""

    statement: Statement | None = None
    slug: str | None = None
    name: str | None = None
    description: str | None = None
    kind: str | None = None
    tags: Sequence[str] | None = None
    is_public: bool | None = None

    @property
    def key(self) -> str:
        """The slug under which the draft is to be found or created."""
        slug = self.slug or _checked_slug(slugified(self.name or ""))
        if not slug:
            raise InvalidValueError(
                "slug_name", "is missing: name the segment with ALIAS, or slug_name."
            )
        return slug


def from_text(text: str) -> Draft:
    """The draft that FilterQL text is: comment, FILTER, FROM, WITH and ALIAS."""
    return _said_by(read(text))


def from_values(
    *,
    segment_ql: str | None = None,
    ast: Mapping[str, Any] | None = None,
    slug: str | None = None,
    name: str | None = None,
    description: str | None = None,
    kind: str | None = None,
    table: str | None = None,
    tags: Sequence[str] | None = None,
    is_public: bool | None = None,
) -> Draft:
    """The draft that JSON values are; they win over what the FilterQL says.

    `segment_ql` wins over `ast`: who sends an answer back with an edited text
    sends the tree of the old one along.
    """
    _check_table(table)
    if segment_ql:
        said = _said_by(read(segment_ql))
    elif ast:
        said = Draft(statement=read_ast(ast))
    else:
        said = Draft()
    return Draft(
        statement=said.statement,
        slug=_checked_slug(slug) or said.slug,
        name=name or said.name,
        description=said.description if description is None else description,
        kind=said.kind if kind is None else _checked_kind(kind),
        tags=tags,
        is_public=said.is_public if is_public is None else is_public,
    )


def slugified(name: str) -> str:
    """A slug made of a name: `Paying users` gives `paying_users`."""
    return _BETWEEN_WORDS.sub("_", name.lower()).strip("_")


def _said_by(statement: Statement) -> Draft:
    _check_table(statement.table)
    attributes = statement.attributes
    return Draft(
        statement=statement,
        slug=_checked_slug(statement.alias),
        name=_text_attribute(attributes, "name"),
        description=statement.description,
        kind=_checked_kind(_text_attribute(attributes, "kind")),
        is_public=_public_attribute(attributes),
    )


def _text_attribute(attributes: Mapping[str, Any], key: str) -> str | None:
    value = attributes.get(key)
    if value is None or isinstance(value, str):
        return value
    raise InvalidValueError(f"WITH {key}", "must be a text.")


def _public_attribute(attributes: Mapping[str, Any]) -> bool | None:
    value = attributes.get("is_public", attributes.get("public"))
    if value is None or isinstance(value, bool):
        return value
    raise InvalidValueError("WITH is_public", "must be true or false.")


def _check_table(table: str | None) -> None:
    if table and table.lower() != TABLE:
        raise InvalidValueError(
            "table", f'"{table}" is unknown. Segments are of users: write FROM {TABLE}.'
        )


def _checked_kind(kind: str | None) -> str | None:
    if kind == "":
        return DEFAULT_KIND
    if kind is not None and kind not in KINDS:
        raise InvalidValueError(
            "kind", f'"{kind}" is unknown; a kind is one of {", ".join(KINDS)}.'
        )
    return kind


def _checked_slug(slug: str | None) -> str | None:
    if not slug:
        return None
    slug = slug.lower()
    if _SLUG.fullmatch(slug) is None:
        raise InvalidValueError(
            "slug_name", f'"{slug}" may hold letters, digits and _ . @ - only.'
        )
    if slug in RESERVED_SLUGS or is_public_id(slug):
        raise InvalidValueError(
            "slug_name", f'"{slug}" cannot be told from other names.'
        )
    return slug

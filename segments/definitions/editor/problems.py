"""What is wrong with a filter, or odd, and where; asked as one types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from lyticsapp.accounts.models import Account
from segments.definitions import draft as drafts
from segments.definitions.editor import fields
from segments.definitions.errors import DefinitionError
from segments.definitions.includes import IncludeGraph
from segments.definitions.statement import Statement, read
from segments.filterql import (
    FilterQLError,
    UnknownField,
    format_expression,
    from_ast,
    unknown_fields,
)

ERROR, WARNING = "error", "warning"
MOST_WARNINGS = 20
MOST_COMPARED = 200_000
"""Names held against each other while somebody types, which has to end in time."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error or a warning at a place of the text; from one, 0 where there is none."""

    severity: str
    message: str
    line: int = 0
    column: int = 0
    suggestion: str = ""


def problems(
    account: Account, text: str, *, slug: str = "", pk: int | None = None
) -> list[Problem]:
    """What a person should know before saving this as a segment's filter."""
    try:
        statement = read(text)
        drafts.from_text(text)
        if statement.includes:
            IncludeGraph(account).check(statement, slug or statement.alias or "", pk)
    except DefinitionError as error:
        return [_told(error)]
    return list(_warnings(account, statement, text.split("\n")))


def _told(error: DefinitionError) -> Problem:
    cause = error.__cause__
    if not isinstance(cause, FilterQLError):
        return Problem(ERROR, str(error))
    whole = str(cause).removeprefix(f"line {cause.line}, column {cause.column}: ")
    return Problem(ERROR, whole, cause.line, cause.column, cause.suggestion)


def _warnings(
    account: Account, statement: Statement, lines: Sequence[str]
) -> Iterator[Problem]:
    known = fields.names(account)
    if len(statement.fields) * len(known) > MOST_COMPARED:
        return
    for field in islice(unknown_fields(statement.parsed, known), MOST_WARNINGS):
        if lines[field.line - 1].startswith("'", field.column - 1):
            yield _meant_as_text(field)
            continue
        meant = f" Did you mean {field.suggestion}?" if field.suggestion else ""
        yield Problem(
            WARNING,
            f"no user has had a field {field.name} so far.{meant}",
            field.line,
            field.column,
            _written(field.suggestion),
        )


def _meant_as_text(field: UnknownField) -> Problem:
    """Single quotes are put round names; many languages put them round text."""
    return Problem(
        WARNING,
        "single quotes name a field here; text stands in double quotes.",
        field.line,
        field.column,
        format_expression(from_ast({"val": field.name})),
    )


def _written(name: str) -> str:
    """A field's name as a filter has it, in quotes where it needs them."""
    return format_expression(from_ast({"ident": fields.ident_of(name)})) if name else ""

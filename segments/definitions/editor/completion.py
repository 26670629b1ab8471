"""What could be meant by the word that is being typed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from django.db.models import Q

from lyticsapp.accounts.models import Account
from segments.definitions.editor import fields
from segments.definitions.models import Segment
from segments.filterql import format_expression, from_ast, functions
from segments.filterql.functions import Function

FEW = 12
KEYWORDS = {
    "AND": "AND ( …, … ): all of these hold",
    "OR": "OR ( …, … ): any of these holds",
    "NOT": "NOT …: this does not hold",
    "INCLUDE": "INCLUDE name: is in another segment",
    "EXISTS": "EXISTS field: the field has a value",
    "CONTAINS": 'field CONTAINS "text": the text is in it',
    "LIKE": 'field LIKE "text*": with * for any characters',
    "IN": 'field IN ("a", "b"): is one of these',
    "INTERSECTS": 'list INTERSECTS ("a", "b"): has any of these',
    "BETWEEN": "field BETWEEN 1 AND 10: without the two ends",
    "IS NULL": "field IS NULL: has no value",
    "IS NOT NULL": "field IS NOT NULL: has a value",
    "true": "a truth value",
    "false": "a truth value",
    "FROM user": "what the segment is of",
    "ALIAS": "ALIAS name: the segment's slug",
    "WITH": 'WITH name = "Name": further settings',
    "LIMIT": "LIMIT 100: a number that is kept, and limits nothing",
    "FILTER": "begins a filter",
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A word that can be inserted, and what it is."""

    kind: str
    label: str
    insert: str
    detail: str = ""
    help: str = ""
    back: int = 0
    """How many characters the cursor goes back after the insertion."""


def words(account: Account, typed: str) -> list[Suggestion]:
    """Fields, functions and keywords that begin with what was typed, or hold it."""
    found = chain(field_names(account, typed), _keywords(typed), _functions(typed))
    return list(found)


def field_names(account: Account, typed: str) -> list[Suggestion]:
    """Fields of the account."""
    return [
        Suggestion(
            "field",
            field.name,
            format_expression(from_ast({"ident": field.ident})),
            detail=field.type,
        )
        for field in fields.search(account, typed, at_most=FEW)
    ]


def segment_names(
    account: Account, typed: str, but: int | None = None
) -> list[Suggestion]:
    """Segments of the account, one of them left out: it cannot include itself."""
    named = Q(slug__icontains=typed) | Q(name__icontains=typed)
    found = Segment.objects.for_account(account).filter(named).exclude(pk=but)
    return [
        Suggestion("segment", slug, _included(slug), detail=name)
        for slug, name in found.order_by("slug").values_list("slug", "name")[:FEW]
    ]


def _included(slug: str) -> str:
    tree = {"op": "include", "args": [{"ident": slug}]}
    return format_expression(from_ast(tree)).removeprefix("INCLUDE ")


def _keywords(typed: str) -> Iterator[Suggestion]:
    for word, help_text in KEYWORDS.items():
        if word.lower().startswith(typed.lower()):
            yield Suggestion("keyword", word, word, help=help_text)


def _functions(typed: str) -> Iterable[Suggestion]:
    typed = typed.lower()
    starting = [f for f in functions.everything() if _starts(f, typed)]
    return islice((_call(function) for function in starting), FEW)


def _starts(function: Function, typed: str) -> bool:
    """Whether a part of its name, such as `index` of `string.index`, begins so."""
    names = (function.name, *function.aliases)
    return any(
        name.startswith(typed) or name.partition(".")[2].startswith(typed)
        for name in names
        if typed
    )


def _call(function: Function) -> Suggestion:
    takes_some = function.most != 0
    return Suggestion(
        "function",
        function.name,
        f"{function.name}()",
        detail=function.signature,
        help=function.summary,
        back=1 if takes_some else 0,
    )

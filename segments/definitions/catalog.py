"""What a batch needs of an account's definitions, loaded once per version."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute

from lyticsapp.accounts.models import Account
from segments.definitions.models import Recompute, Segment
from segments.filterql import (
    EVERY_FIELD,
    Compiled,
    FilterQLError,
    Node,
    compile_filter,
    fields_of,
    includes_of,
    parse_filter,
)
from segments.profiles.models import Field, FieldType
from segments.profiles.typed import Schema

CACHED_ACCOUNTS = 64


@dataclass(frozen=True, slots=True)
class CompiledSegment:
    """A segment as the pipeline evaluates it."""

    id: int
    public_id: str
    slug: str
    matches: Compiled
    fields: frozenset[str]
    """The fields its answer depends on, those of included segments too."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """The definitions of one account at one version."""

    identity_fields: tuple[str, ...]
    types: Mapping[str, FieldType]
    pinned: frozenset[str]
    """Fields whose type a person chose: whatever comes, it stays."""
    schema: Schema
    segments: Mapping[int, CompiledSegment]
    by_field: Mapping[str, tuple[CompiledSegment, ...]]
    recomputing: bool
    """Whether a recompute was under way when this version began."""
    _all: tuple[CompiledSegment, ...] = attribute(repr=False)

    def that_mention(self, names: Iterable[str]) -> tuple[CompiledSegment, ...]:
        """The segments whose answer can change with these fields, each once."""
        found: dict[int, CompiledSegment] = {}
        for name in (*names, EVERY_FIELD):
            for segment in self.by_field.get(name, ()):
                found[segment.id] = segment
        return tuple(found.values())

    def all(self) -> tuple[CompiledSegment, ...]:
        """Every segment of the account."""
        return self._all


def load(account_id: int) -> Catalog:
    """Read and compile the account's definitions."""
    account = Account.objects.get(pk=account_id)
    fields = list(Field.objects.for_account(account_id))
    types = {field.name: FieldType(field.type) for field in fields}
    segments = _compile_all(list(Segment.objects.for_account(account_id)))
    by_field: dict[str, list[CompiledSegment]] = {}
    for segment in segments:
        for name in segment.fields:
            by_field.setdefault(name, []).append(segment)
    return Catalog(
        identity_fields=tuple(account.identity_fields),
        types=types,
        pinned=frozenset(field.name for field in fields if field.pinned),
        schema=Schema(types, by_field),
        segments={segment.id: segment for segment in segments},
        by_field={name: tuple(users) for name, users in by_field.items()},
        recomputing=Recompute.objects.for_account(account_id).exists(),
        _all=tuple(segments),
    )


class _Compiler:
    """Compiles the segments of an account, included ones before those that include."""

    def __init__(self, segments: Iterable[Segment]) -> None:
        self._nodes: dict[int, Node | None] = {}
        self._ids: dict[str, int] = {}
        self._compiled: dict[int, CompiledSegment] = {}
        self._under_way: set[int] = set()
        self._segments = {segment.id: segment for segment in segments}
        for segment in self._segments.values():
            self._ids[segment.slug] = self._ids[segment.public_id] = segment.id
            self._nodes[segment.id] = _expression(segment.filterql)

    def compiled(self, segment_id: int) -> CompiledSegment:
        if segment_id not in self._compiled:
            self._under_way.add(segment_id)
            self._compiled[segment_id] = self._compile(self._segments[segment_id])
            self._under_way.remove(segment_id)
        return self._compiled[segment_id]

    def _compile(self, segment: Segment) -> CompiledSegment:
        node = self._nodes[segment.id]
        mentioned = frozenset() if node is None else fields_of(node)
        names = frozenset() if node is None else includes_of(node)
        included = [found for name in names if (found := self._included(name))]
        return CompiledSegment(
            id=segment.id,
            public_id=segment.public_id,
            slug=segment.slug,
            matches=compile_filter(node, self._include),
            fields=mentioned.union(*(other.fields for other in included)),
        )

    def _included(self, name: str) -> CompiledSegment | None:
        """An included segment; None if there is none, or if it includes this one."""
        segment_id = self._ids.get(name.lower())
        if segment_id is None or segment_id in self._under_way:
            return None
        return self.compiled(segment_id)

    def _include(self, name: str) -> Compiled | None:
        included = self._included(name)
        return included.matches if included else None


def _compile_all(segments: list[Segment]) -> list[CompiledSegment]:
    compiler = _Compiler(segments)
    return [compiler.compiled(segment.id) for segment in segments]


def _expression(text: str) -> Node | None:
    """The expression of a stored filter; None, which matches nobody, if it is none."""
    try:
        return parse_filter(text).expression
    except FilterQLError:
        return None


_cache: OrderedDict[int, tuple[int, Catalog]] = OrderedDict()


def catalog(account_id: int, version: int) -> Catalog:
    """The account's definitions at this version, kept in the process."""
    cached = _cache.get(account_id)
    if cached is None or cached[0] != version:
        cached = (version, load(account_id))
        _cache[account_id] = cached
        if len(_cache) > CACHED_ACCOUNTS:
            _cache.popitem(last=False)
    _cache.move_to_end(account_id)
    return cached[1]

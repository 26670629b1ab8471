"""What a batch needs of an account's definitions, kept and brought up to date.

A catalog belongs to one version of the definitions and never changes. The next one
is made from it: filters whose text and includes are the same are taken over as they
are, so a change costs what has changed, and the same version costs nothing.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import UTC, datetime
from functools import cached_property
from itertools import starmap
from typing import NamedTuple

from lyticsapp.accounts.models import Account
from segments.definitions.models import Recompute, Segment
from segments.filterql import (
    EVERY_FIELD,
    Answers,
    Condition,
    Conditions,
    FilterQLError,
    Node,
    SharedFilter,
    Statement,
    includes_of,
    parse_filter,
)
from segments.profiles.models import Field, FieldType
from segments.profiles.typed import Schema

CACHED_ACCOUNTS = 64


@dataclass(frozen=True, slots=True, eq=False)
class CompiledSegment:
    """A segment as the pipeline evaluates it."""

    id: int
    public_id: str
    slug: str
    filter: SharedFilter
    may_hold_the_blank: bool
    """Whether a profile without any field is in it, now or at some other time."""
    text: str = attribute(repr=False)
    node: Node | None = attribute(repr=False)
    included: Mapping[str, CompiledSegment | None] = attribute(repr=False)
    """What each name meant that its filter includes."""

    @property
    def fields(self) -> frozenset[str]:
        """The fields its answer depends on, those of included segments too."""
        return self.filter.fields


@dataclass(frozen=True, eq=False)
class Catalog:
    """The definitions of one account at one version."""

    identity_fields: tuple[str, ...]
    types: Mapping[str, FieldType]
    pinned: frozenset[str]
    """Fields whose type a person chose: whatever comes, it stays."""
    segments: Mapping[int, CompiledSegment]
    recomputing: bool
    """Whether a recompute was under way when this version began."""
    _conditions: Conditions = attribute(repr=False)
    _by_name: Mapping[str, CompiledSegment] = attribute(repr=False)

    def compile(self, source: Statement | Node | None) -> SharedFilter:
        """Prepare a filter that may include the account's segments."""
        return self._conditions.compile(source, self._include)

    def schema_for(self, fields: Iterable[str]) -> Schema:
        """What gives a profile's values their types, as far as these fields go."""
        return Schema(self.types, fields)

    @cached_property
    def schema(self) -> Schema:
        """The same for the fields that any segment mentions."""
        return self.schema_for(self._conditions_by_field)

    @cached_property
    def that_hold_the_blank(self) -> tuple[CompiledSegment, ...]:
        """The segments that a profile may be in whatever its fields."""
        return tuple(s for s in self.segments.values() if s.may_hold_the_blank)

    @cached_property
    def fields_of_walks(self) -> frozenset[str]:
        """The fields that evaluating what has become due can ask for.

        While segments are recomputed, profiles may take their place in these, too.
        """
        return frozenset[str]().union(
            *(
                segment.fields
                for segment in self.segments.values()
                if self.recomputing or segment.filter.uses_now
            )
        )

    def that_mention(self, names: Iterable[str]) -> tuple[CompiledSegment, ...]:
        """The segments whose answer can change with these fields."""
        wanted = {*names, EVERY_FIELD}
        return tuple(
            s for s in self.segments.values() if not wanted.isdisjoint(s.fields)
        )

    def of(self, ids: Iterable[int]) -> Iterator[CompiledSegment]:
        """The segments of these ids that there still are."""
        return (self.segments[each] for each in ids if each in self.segments)

    def conditions_on(self, names: Iterable[str]) -> set[Condition]:
        """The conditions whose answer can change with these fields."""
        found: set[Condition] = set()
        for name in (*names, EVERY_FIELD):
            found.update(self._conditions_by_field.get(name, ()))
        return found

    @cached_property
    def users_of(self) -> Mapping[Condition, tuple[CompiledSegment, ...]]:
        """The segments that each condition is a part of."""
        users: dict[Condition, list[CompiledSegment]] = defaultdict(list)
        for segment in self.segments.values():
            for condition in segment.filter.conditions:
                users[condition].append(segment)
        return {condition: tuple(found) for condition, found in users.items()}

    @cached_property
    def clocked_by(self) -> Mapping[Condition, frozenset[int]]:
        """The segments that time changes by one condition alone, by that condition."""
        found: dict[Condition, set[int]] = defaultdict(set)
        for segment in self.segments.values():
            if segment.filter.clocked_by is not None:
                found[segment.filter.clocked_by].add(segment.id)
        return {condition: frozenset(ids) for condition, ids in found.items()}

    @cached_property
    def _conditions_by_field(self) -> Mapping[str, tuple[Condition, ...]]:
        found: dict[str, list[Condition]] = defaultdict(list)
        for condition in self.users_of:
            for name in condition.fields:
                found[name].append(condition)
        return {name: tuple(conditions) for name, conditions in found.items()}

    def _include(self, name: str) -> SharedFilter | None:
        segment = self._by_name.get(name.lower())
        return segment.filter if segment else None


class _Row(NamedTuple):
    """A segment as stored."""

    id: int
    public_id: str
    slug: str
    filterql: str


class _Builder:
    """Makes the segments of the next catalog, included ones before the others."""

    def __init__(self, rows: Iterable[_Row], before: Catalog | None) -> None:
        self.conditions = before._conditions if before else Conditions()
        self.by_name: dict[str, CompiledSegment] = {}
        self._before = before.segments if before else {}
        self._rows = {row.id: row for row in rows}
        self._ids: dict[str, int] = {}
        for row in self._rows.values():
            self._ids[row.slug] = self._ids[row.public_id] = row.id
        self._made: dict[int, CompiledSegment] = {}
        self._under_way: set[int] = set()

    def segments(self) -> dict[int, CompiledSegment]:
        """Every segment, by id."""
        for segment_id in self._rows:
            made = self._segment(segment_id)
            self.by_name[made.slug] = self.by_name[made.public_id] = made
        return {segment_id: self._made[segment_id] for segment_id in self._rows}

    def _segment(self, segment_id: int) -> CompiledSegment:
        made = self._made.get(segment_id)
        if made is None:
            self._under_way.add(segment_id)
            made = self._made[segment_id] = self._taken_over_or_made(segment_id)
            self._under_way.remove(segment_id)
        return made

    def _taken_over_or_made(self, segment_id: int) -> CompiledSegment:
        row = self._rows[segment_id]
        known = self._before.get(segment_id)
        same_text = known is not None and known.text == row.filterql
        node = known.node if known and same_text else _expression(row.filterql)
        names = frozenset() if node is None else includes_of(node)
        included = {name: self._included(name) for name in names}
        if (
            known
            and same_text
            and known.slug == row.slug
            and all(known.included[name] is included[name] for name in names)
        ):
            return known
        return self._compiled(row, node, included)

    def _compiled(
        self,
        row: _Row,
        node: Node | None,
        included: Mapping[str, CompiledSegment | None],
    ) -> CompiledSegment:
        def include(name: str) -> SharedFilter | None:
            found = included[name]
            return found.filter if found else None

        compiled = self.conditions.compile(node, include)
        return CompiledSegment(
            id=row.id,
            public_id=row.public_id,
            slug=row.slug,
            filter=compiled,
            may_hold_the_blank=_may_hold_the_blank(compiled),
            text=row.filterql,
            node=node,
            included=included,
        )

    def _included(self, name: str) -> CompiledSegment | None:
        """An included segment; None if there is none, or if it includes this one."""
        segment_id = self._ids.get(name.lower())
        if segment_id is None or segment_id in self._under_way:
            return None
        return self._segment(segment_id)


def _may_hold_the_blank(compiled: SharedFilter) -> bool:
    answers = Answers({}, datetime.now(UTC))
    return compiled.matches(answers) or (
        compiled.uses_now and compiled.boundary(answers) is not None
    )


def _expression(text: str) -> Node | None:
    """The expression of a stored filter; None, which matches nobody, if it is none."""
    try:
        return parse_filter(text).expression
    except FilterQLError:
        return None


def load(account_id: int, before: Catalog | None = None) -> Catalog:
    """Read the account's definitions; what `before` has compiled is taken over."""
    account = Account.objects.get(pk=account_id)
    fields = list(
        Field.objects.for_account(account_id).values_list("name", "type", "pinned")
    )
    rows = Segment.objects.for_account(account_id).order_by("pk")
    builder = _Builder(starmap(_Row, rows.values_list(*_Row._fields)), before)
    return Catalog(
        identity_fields=tuple(account.identity_fields),
        types={name: FieldType(kind) for name, kind, _ in fields},
        pinned=frozenset(name for name, _, pinned in fields if pinned),
        segments=builder.segments(),
        recomputing=Recompute.objects.for_account(account_id).exists(),
        _conditions=builder.conditions,
        _by_name=builder.by_name,
    )


_cache: OrderedDict[int, tuple[int, Catalog]] = OrderedDict()


def catalog(account_id: int, version: int) -> Catalog:
    """The account's definitions at this version, kept in the process."""
    cached = _cache.get(account_id)
    if cached is None or cached[0] != version:
        cached = (version, load(account_id, cached[1] if cached else None))
        _cache[account_id] = cached
        if len(_cache) > CACHED_ACCOUNTS:
            _cache.popitem(last=False)
    _cache.move_to_end(account_id)
    return cached[1]

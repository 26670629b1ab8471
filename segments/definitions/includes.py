"""Which segments of an account INCLUDE which."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from lyticsapp.accounts.models import Account
from segments.definitions.errors import InvalidSegmentQLError
from segments.definitions.models import Segment
from segments.definitions.statement import Statement, stored_statement
from segments.filterql import FilterQLError, Node, check_includes


@dataclass(frozen=True, slots=True)
class IncludeNode:
    """A segment as the graph sees it."""

    pk: int
    public_id: str
    slug: str
    filterql: str

    @property
    def statement(self) -> Statement | None:
        """What its filter says; None where it can no longer be read."""
        return stored_statement(self.filterql)

    @property
    def includes(self) -> tuple[str, ...]:
        """The names it includes; most filters need not be read to know of none."""
        if "include" not in self.filterql.lower() or self.statement is None:
            return ()
        return self.statement.includes


class IncludeGraph:
    """The segments of one account and their INCLUDEs, read once, when needed."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def find(self, name: str) -> IncludeNode | None:
        """The segment that INCLUDE means by this name, a slug or an id."""
        return self._by_name.get(name.lower())

    def includers(self, segment: Segment) -> list[IncludeNode]:
        """The segments that include this one by its slug or its id."""
        return self._naming({segment.slug, segment.public_id})

    def includers_by_slug(self, segment: Segment) -> list[IncludeNode]:
        """Those that include this one by its slug."""
        return self._naming({segment.slug})

    def reached_by(self, segment: Segment) -> list[int]:
        """The keys of the segments that include this one, directly or not."""
        return [node.pk for node in self._reached_by(self._by_pk[segment.pk])]

    def fields(self, statement: Statement) -> frozenset[str]:
        """The fields a filter mentions, in the filters it includes too."""
        found = set(statement.fields)
        for node in self._included(statement.includes):
            if node.statement is not None:
                found.update(node.statement.fields)
        return frozenset(found)

    def check(self, statement: Statement, slug: str, pk: int | None = None) -> None:
        """Refuse a filter that includes what is unknown, or leads back to itself.

        It is to be that of the segment with this slug; where that exists, by `pk`,
        the segments that include it must stay good too.
        """
        changed = self._by_pk.get(pk) if pk is not None else None

        def expression(name: str) -> Node | None:
            node = self.find(name)
            if node is None:
                return None
            said = statement if node == changed else node.statement
            return said.expression if said is not None else None

        _refuse_bad_includes(statement.expression, expression, slug)
        for reached in self._reached_by(changed) if changed else ():
            if reached.statement is not None:
                _refuse_bad_includes(
                    reached.statement.expression, expression, reached.slug
                )

    @cached_property
    def _nodes(self) -> list[IncludeNode]:
        rows = Segment.objects.for_account(self._account).values_list(
            "pk", "public_id", "slug", "filterql"
        )
        return [IncludeNode(*row) for row in rows.order_by("slug")]

    @cached_property
    def _by_pk(self) -> dict[int, IncludeNode]:
        return {node.pk: node for node in self._nodes}

    @cached_property
    def _by_name(self) -> dict[str, IncludeNode]:
        by_slug = {node.slug: node for node in self._nodes}
        return by_slug | {node.public_id: node for node in self._nodes}

    def _included(self, names: Iterable[str]) -> Iterator[IncludeNode]:
        seen: set[int] = set()
        waiting = list(names)
        while waiting:
            node = self.find(waiting.pop())
            if node is not None and node.pk not in seen:
                seen.add(node.pk)
                waiting.extend(node.includes)
                yield node

    def _naming(self, names: set[str]) -> list[IncludeNode]:
        return [node for node in self._nodes if not names.isdisjoint(node.includes)]

    def _reached_by(self, changed: IncludeNode) -> list[IncludeNode]:
        reached: dict[int, IncludeNode] = {}
        waiting = [changed]
        while waiting:
            known_as = waiting.pop()
            for node in self._naming({known_as.slug, known_as.public_id}):
                if node.pk not in reached and node != changed:
                    reached[node.pk] = node
                    waiting.append(node)
        return list(reached.values())


def _refuse_bad_includes(
    expression: Node, find: Callable[[str], Node | None], slug: str
) -> None:
    try:
        check_includes(expression, find, own_names=(slug,))
    except FilterQLError as error:
        raise InvalidSegmentQLError(error) from error

"""Which segments of an account INCLUDE which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

from lyticsapp.accounts.models import Account
from segments.definitions.errors import CircularIncludeError, UnknownIncludeError
from segments.definitions.models import Segment
from segments.definitions.statement import Statement, stored_statement


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
        """The names it includes."""
        statement = self.statement
        return statement.includes if statement is not None else ()


class IncludeGraph:
    """The segments of one account and their INCLUDEs, read once."""

    def __init__(self, account: Account) -> None:
        rows = Segment.objects.for_account(account).values_list(
            "pk", "public_id", "slug", "filterql"
        )
        self._nodes = [IncludeNode(*row) for row in rows.order_by("slug")]
        self._by_name = {node.slug: node for node in self._nodes}
        self._by_name.update((node.public_id, node) for node in self._nodes)

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
        """The keys of all segments whose answer hangs on this one."""
        reached: dict[int, None] = {}
        names = [{segment.slug, segment.public_id}]
        while names:
            for node in self._naming(names.pop()):
                if node.pk not in reached and node.pk != segment.pk:
                    reached[node.pk] = None
                    names.append({node.slug, node.public_id})
        return list(reached)

    def fields(self, statement: Statement) -> frozenset[str]:
        """The fields a filter mentions, in the filters it includes too."""
        found = set(statement.fields)
        for node in self._included(statement.includes):
            if node.statement is not None:
                found.update(node.statement.fields)
        return frozenset(found)

    def check(self, slug: str, itself: Set[str], includes: Iterable[str]) -> None:
        """Refuse what is unknown or leads back to the segment, known by `itself`."""
        checked: set[str] = set()
        paths = [(slug, name) for name in includes]
        while paths:
            path = paths.pop()
            name = path[-1].lower()
            if name in itself:
                raise CircularIncludeError(path)
            node = self.find(name)
            if node is None:
                raise UnknownIncludeError(path)
            if name not in checked:
                checked.add(name)
                paths.extend((*path, inner) for inner in node.includes)

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

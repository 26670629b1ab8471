"""Checking what a filter includes before it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from segments.filterql.errors import FilterQLError, Place
from segments.filterql.limits import DEEPEST_WITH_INCLUDES, LONGEST_INCLUDE_PATH
from segments.filterql.nodes import Include, Node, depth_of, walk
from segments.filterql.statements import Statement

Source = Statement | Node | None
Find = Callable[[str], Source]


def check_includes(
    source: Source, find: Find, *, own_names: Sequence[str] = ()
) -> None:
    """Refuse a filter that includes an unknown one, or itself through others.

    `find` gives a filter by the lower-cased name; `own_names` are the names under
    which the checked filter is, or is about to be, known; the first is shown.
    """
    names = [name.lower() for name in own_names] or ["this filter"]
    _Check(find, frozenset(names)).visit(_node_of(source), (names[0],), depth=0)


def _node_of(source: Source) -> Node | None:
    return source.expression if isinstance(source, Statement) else source


class _Check:
    """Walks along includes, each filter once."""

    def __init__(self, find: Find, own_names: frozenset[str]) -> None:
        self._find = find
        self._own_names = own_names
        self._good: set[str] = set()

    def visit(self, node: Node | None, path: tuple[str, ...], *, depth: int) -> None:
        if node is None:
            return
        depth += depth_of(node)
        if len(path) > LONGEST_INCLUDE_PATH or depth > DEEPEST_WITH_INCLUDES:
            raise FilterQLError(
                f"filters are nested too deeply through INCLUDE: {_shown(path[:10])}"
            )
        for part in walk(node):
            if isinstance(part, Include) and part.name not in self._good:
                self._follow(part, path, depth)

    def _follow(self, include: Include, path: tuple[str, ...], depth: int) -> None:
        name = include.name
        place = include.place if len(path) == 1 else Place()
        if name in path or name in self._own_names:
            start = path.index(name) if name in path else 0
            circle = _shown((*path[start:], name))
            raise FilterQLError(
                f"filters include each other in a circle: {circle}", place=place
            )
        found = self._find(name)
        if found is None:
            via = f" (through {_shown(path)})" if len(path) > 1 else ""
            raise FilterQLError(f"no segment is named {name}{via}", place=place)
        self.visit(_node_of(found), (*path, name), depth=depth)
        self._good.add(name)


def _shown(path: tuple[str, ...]) -> str:
    return " -> ".join(path)

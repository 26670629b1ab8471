"""Asking for the filters that a filter includes, as it is prepared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Generic, NamedTuple, TypeVar

from segments.filterql.errors import FilterQLError
from segments.filterql.limits import DEEPEST_WITH_INCLUDES, LONGEST_INCLUDE_PATH
from segments.filterql.nodes import Include, Node, depth_of

Found = TypeVar("Found")


class _Path(NamedTuple):
    """Where a compilation stands: the names it came through, and how deep."""

    names: tuple[str, ...] = ()
    depth: int = 0


START = _Path()
_path: ContextVar[_Path] = ContextVar("filterql_include_path", default=START)


@contextmanager
def below(node: Node) -> Iterator[None]:
    """While a filter is prepared, what it includes lies below it."""
    outer = _path.get()
    depth = outer.depth + depth_of(node)
    if depth > DEEPEST_WITH_INCLUDES:
        raise FilterQLError(
            "filters are nested too deeply through INCLUDE: "
            + " -> ".join(outer.names[:10])
        )
    token = _path.set(_Path(outer.names, depth))
    try:
        yield
    finally:
        _path.reset(token)


class Inclusions(Generic[Found]):
    """The filters that one filter includes, each asked for once.

    A filter that includes itself, directly or through others, is an error that names
    the path.
    """

    def __init__(self, include: Callable[[str], Found | None] | None) -> None:
        self._include = include
        self._found: dict[str, Found | None] = {}

    def find(self, node: Include) -> Found | None:
        if node.name not in self._found:
            self._found[node.name] = self._ask(node)
        return self._found[node.name]

    @property
    def found(self) -> list[Found]:
        return [each for each in self._found.values() if each is not None]

    @property
    def all_known(self) -> bool:
        return None not in self._found.values()

    def _ask(self, node: Include) -> Found | None:
        if self._include is None:
            return None
        path = _path.get()
        names = (*path.names, node.name)
        if node.name in path.names:
            circle = " -> ".join(names[path.names.index(node.name) :])
            raise FilterQLError(
                f"filters include each other in a circle: {circle}", place=node.place
            )
        if len(names) > LONGEST_INCLUDE_PATH:
            raise FilterQLError(
                f"more than {LONGEST_INCLUDE_PATH} filters include one another",
                place=node.place,
            )
        token = _path.set(_Path(names, path.depth))
        try:
            return self._include(node.name)
        finally:
            _path.reset(token)

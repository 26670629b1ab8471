"""From tree to function: what a filter does is decided once, not per profile."""

from __future__ import annotations

from collections.abc import Callable

from segments.filterql.compiled import Compiled
from segments.filterql.nodes import Node
from segments.filterql.sharing import Conditions, SharedFilter
from segments.filterql.statements import Statement

IncludeCallback = Callable[[str], Compiled | None]


def compile_filter(
    source: Statement | Node | None, include: IncludeCallback | None = None
) -> Compiled:
    """Prepare a filter; included ones are asked for by name as they are met.

    A name that `include` does not know makes the INCLUDE not evaluable. A filter that
    includes itself, directly or through others, is an error that names the path.
    """
    if include is None:
        return Compiled(Conditions().compile(source))
    known = include

    def shared(name: str) -> SharedFilter | None:
        found = known(name)
        return None if found is None else found.shared

    return Compiled(Conditions().compile(source, shared))

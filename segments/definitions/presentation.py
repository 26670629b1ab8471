"""A segment as the API shows it.

Who is in a segment is known above, where sizes are counted: the composition root
binds who counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from segments.definitions.includes import IncludeGraph
from segments.definitions.models import Progress, Segment
from segments.definitions.progress import progress_of
from segments.definitions.statement import parse_error, stored_statement


class SizeCounter(Protocol):
    """Counts the users of segments of one account, by the segments' keys."""

    def __call__(self, segments: Sequence[Segment]) -> Mapping[int, int]: ...


_counters: list[SizeCounter] = []


def bind(counter: SizeCounter) -> None:
    """Bind who counts; called once, by the composition root."""
    _counters[:] = [counter]


def present_all(
    segments: Sequence[Segment],
    graph: IncludeGraph,
    *,
    sizes: bool = False,
    trees: bool = False,
) -> list[dict[str, Any]]:
    """Segments of one account; with their sizes, with their filters as trees, `ast`."""
    shown = [_present(segment, graph, tree=trees) for segment in segments]
    walks = progress_of(segments)
    counted = _counters[0](segments) if sizes else {}
    for segment, each in zip(segments, shown, strict=True):
        each["recompute"] = _walk(walks.get(segment.pk))
        if sizes:
            each["size"] = counted[segment.pk]
    return shown


def _walk(progress: Progress | None) -> dict[str, Any] | None:
    if progress is None:
        return None
    left = progress.seconds_left
    return {
        "done": progress.done,
        "total": progress.total,
        "rate": round(progress.rate, 1),
        "seconds_left": None if left is None else round(left, 1),
    }


def _present(segment: Segment, graph: IncludeGraph, *, tree: bool) -> dict[str, Any]:
    """The documented keys; `tree` adds the filter as a tree, `ast`."""
    statement = stored_statement(segment.filterql)
    author = segment.created_by
    shown: dict[str, Any] = {
        "id": segment.public_id,
        "account_id": segment.account.public_id,
        "author_id": author.public_id if author else "",
        "name": segment.name,
        "slug_name": segment.slug,
        "description": segment.description,
        "kind": segment.kind,
        "table": segment.table,
        "is_public": segment.is_public,
        "tags": segment.tags,
        "segment_ql": segment.filterql,
        "fields": sorted(graph.fields(statement)) if statement else [],
        "includes": list(statement.includes) if statement else [],
        "invalid": statement is None,
        "invalid_reason": "" if statement else parse_error(segment.filterql),
        "deleted": False,
        "created": segment.created_at,
        "updated": segment.updated_at,
    }
    if tree:
        shown["ast"] = statement.ast() if statement else None
    return shown

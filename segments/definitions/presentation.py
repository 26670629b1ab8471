"""A segment as the API shows it."""

from __future__ import annotations

from typing import Any

from segments.definitions.includes import IncludeGraph
from segments.definitions.models import Segment
from segments.definitions.statement import parse_error, stored_statement


def present(
    segment: Segment, graph: IncludeGraph, *, tree: bool = False
) -> dict[str, Any]:
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

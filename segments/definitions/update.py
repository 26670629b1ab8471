"""Changing a segment: its filter, its slug and what is said of it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from segments.definitions import lock, recompute
from segments.definitions.draft import Draft
from segments.definitions.errors import (
    InvalidValueError,
    SegmentInUseError,
    UnknownSegmentError,
)
from segments.definitions.includes import IncludeGraph
from segments.definitions.models import Segment, SegmentVersion
from segments.definitions.statement import Statement, stored_statement, text_under

PUBLIC_NAMES = {"slug": "slug_name", "filterql": "segment_ql"}


def update(
    segment: Segment, draft: Draft, actor: Actor, *, silent: bool = False
) -> Segment:
    """Change what the draft speaks of.

    Users whom a changed filter moves are told of, unless the change is silent.
    """
    with lock.exclusive(segment.account_id):
        current = _current(segment)
        change(current, draft, actor, silent=silent)
        return current


def reevaluate(segment: Segment, actor: Actor) -> Segment:
    """Evaluate a segment over all users again, and tell of those who move."""
    with lock.exclusive(segment.account_id):
        current = _current(segment)
        recompute.start(current, silent=False)
        audit.record(
            account=current.account,
            action="reevaluate",
            obj=current,
            user=actor.user,
            token=actor.token,
        )
        return current


def change(segment: Segment, draft: Draft, actor: Actor, *, silent: bool) -> None:
    """Change a segment that was read under the exclusive lock."""
    graph = IncludeGraph(segment.account)
    before = _values(segment)
    moves = new_filter(segment, draft) is not None
    statement = draft.statement or stored_statement(segment.filterql)
    _rename(segment, draft.slug, graph)
    _describe(segment, draft)
    _redefine(segment, statement, graph)
    changes = audit.differences(before, _values(segment))
    if not changes:
        return
    check_values(segment)
    if "filterql" in changes:
        segment.version += 1
    segment.save()
    if "filterql" in changes:
        keep_version(segment, actor)
    if moves:
        _recompute(segment, graph, silent=silent)
    audit.record(
        account=segment.account,
        action="update",
        obj=segment,
        changes=changes,
        user=actor.user,
        token=actor.token,
    )


def new_filter(segment: Segment, draft: Draft) -> Statement | None:
    """The filter that a draft gives to a segment, where it is another than it has."""
    known = stored_statement(segment.filterql)
    if draft.statement is None or _same_filter(draft.statement, known):
        return None
    return draft.statement


def check_values(segment: Segment) -> None:
    """Refuse values the table cannot hold, under the names the API has for them."""
    try:
        segment.clean_fields(exclude=("account", "created_by"))
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise InvalidValueError(
            PUBLIC_NAMES.get(name, name), " ".join(messages)
        ) from error


def keep_version(segment: Segment, actor: Actor) -> None:
    """Write down the filter as it is now, under the segment's version."""
    SegmentVersion.objects.create(
        account=segment.account,
        segment=segment,
        version=segment.version,
        filterql=segment.filterql,
        created_by=actor.author,
    )


def _current(segment: Segment) -> Segment:
    """The segment as it is now, read under the exclusive lock."""
    current: Segment | None = (
        Segment.objects.for_account(segment.account_id)
        .select_related("account", "created_by")
        .filter(pk=segment.pk)
        .first()
    )
    if current is None:
        raise UnknownSegmentError(segment.slug)
    return current


def _rename(segment: Segment, slug: str | None, graph: IncludeGraph) -> None:
    if slug is None or slug == segment.slug:
        return
    if graph.find(slug) is not None:
        raise InvalidValueError("slug_name", "Slug is already used.")
    includers = graph.includers_by_slug(segment)
    if includers:
        raise SegmentInUseError(
            f'Segment "{segment.slug}" cannot be renamed to "{slug}": it is included by '
            f"{', '.join(node.slug for node in includers)}. Let these include it by "
            f"its id, {segment.public_id}, first."
        )
    segment.slug = slug


def _describe(segment: Segment, draft: Draft) -> None:
    if draft.name:
        segment.name = draft.name
    if draft.description is not None:
        segment.description = draft.description
    if draft.kind is not None:
        segment.kind = draft.kind
    if draft.tags is not None:
        segment.tags = list(draft.tags)
    if draft.is_public is not None:
        segment.is_public = draft.is_public


def _redefine(
    segment: Segment, statement: Statement | None, graph: IncludeGraph
) -> None:
    if statement is None:
        return
    graph.check(statement, segment.slug, segment.pk)
    segment.filterql = text_under(statement, segment.slug)


def _same_filter(new: Statement, old: Statement | None) -> bool:
    return old is not None and new.expression == old.expression


def _recompute(segment: Segment, graph: IncludeGraph, *, silent: bool) -> None:
    """Evaluate again the segment and those whose answer hangs on it."""
    recompute.start(segment, silent=silent)
    hanging = Segment.objects.for_account(segment.account_id).filter(
        pk__in=graph.reached_by(segment)
    )
    for other in hanging.select_related("account"):
        recompute.start(other, silent=silent)


def _values(segment: Segment) -> dict[str, Any]:
    names = ("slug", "name", "description", "filterql", "kind", "tags", "is_public")
    return {name: getattr(segment, name) for name in names}

"""What a file says in the terms of an account, so that the two can be compared.

Segments come in the order in which they can be made: what is included comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from lyticsapp.as_code import settings
from lyticsapp.as_code.document import Document, JobEntry, Place, SegmentEntry
from lyticsapp.as_code.exporting import Current
from lyticsapp.authorizations import lookup as authorizations
from lyticsapp.authorizations.models import Authorization
from lyticsapp.declaration.errors import DeclarationError, InvalidSettingError
from lyticsapp.declaration.settings import reveal
from lyticsapp.jobs import control, workflow
from lyticsapp.jobs.errors import JobError
from lyticsapp.jobs.models import LIVE, Job, JobState
from lyticsapp.jobs.workflow import Workflow
from segments.definitions.errors import DefinitionError
from segments.definitions.includes import IncludeGraph
from segments.definitions.statement import Statement, stored_statement
from segments.filterql import FilterQLError, Node, check_includes

JOB_KEYS = ("authorization", "description", "label")


def resolved(wanted: Document, now: Current) -> Document:
    """The file's document, as one of the account; raises DocumentError."""
    segments = _in_order(wanted.segments, IncludeGraph(now.account))
    known = {each.slug for each in segments} | set(now.segments)
    jobs = [_job(each, now, known) for each in wanted.jobs]
    seen: dict[tuple[str, str], JobEntry] = {}
    for each in jobs:
        if each.key in seen:
            line = seen[each.key].place.line
            raise each.place.error(f"is there already, in line {line}.", "label")
        seen[each.key] = each
    return Document(segments, jobs)


@contextmanager
def refused_at(place: Place) -> Iterator[None]:
    """Have what the account's own rules refuse told with its place in the file."""
    try:
        yield
    except InvalidSettingError as error:
        is_own = error.name in JOB_KEYS
        key = error.name if is_own else f"config.{error.name}"
        raise place.error(error.reason, key) from error
    except (DeclarationError, JobError, DefinitionError) as error:
        raise place.error(str(error)) from error


def job_of(entry: JobEntry, now: Current) -> Job | None:
    """The job that an entry speaks of; raises DocumentError where that is not clear."""
    found = now.jobs.get(entry.key, ())
    if len(found) > 1:
        raise entry.place.error(
            f"the account has {len(found)} jobs of this workflow and label. Give each "
            "its own label first.",
            "label",
        )
    return found[0] if found else None


def authorization_of(entry: JobEntry, now: Current) -> Authorization | None:
    """The authorization that an entry names; raises DocumentError."""
    if not entry.authorization:
        return None
    job = job_of(entry, now)
    if job and job.authorization and job.authorization.label == entry.authorization:
        return job.authorization
    kind = workflow.get(entry.workflow)
    usable = authorizations.usable(now.account, kind.provider, kind.methods)
    found = list(usable.filter(label=entry.authorization))
    if len(found) == 1:
        return found[0]
    how_many = "several authorizations" if found else "no authorization"
    raise entry.place.error(
        f'the account has {how_many} called "{entry.authorization}" that '
        f"{kind.title} can use.",
        "authorization",
    )


def _job(entry: JobEntry, now: Current, known: set[str]) -> JobEntry:
    try:
        kind = workflow.get(entry.workflow)
    except JobError as error:
        raise entry.place.error(str(error), "workflow") from error
    entry = replace(entry, workflow=kind.key)
    job = job_of(entry, now)
    with refused_at(entry.place):
        config = settings.as_written(kind, entry.config, now.slugs)
        entry = replace(entry, config=_secrets_kept(kind, config, job))
    for slug in entry.config.get(settings.SEGMENTS) or ():
        if slug not in known:
            raise entry.place.error(
                f'no segment of the file or the account has the slug "{slug}".',
                f"config.{settings.SEGMENTS}",
            )
    authorization_of(entry, now)
    # One that has failed or completed is neither paused nor resumed.
    if job is not None and job.state not in (*LIVE, JobState.PAUSED):
        entry = replace(entry, paused=False)
    return entry


def _secrets_kept(
    kind: Workflow, config: dict[str, object], job: Job | None
) -> dict[str, object]:
    if job is None:
        return settings.kept(kind, config, {}, {})
    asks = any(settings.holds_secret(each) for each in config.values())
    stored = reveal(control.stored_of(job)) if asks else {}
    return settings.kept(kind, config, job.config, stored)


def _in_order(
    entries: Sequence[SegmentEntry], graph: IncludeGraph
) -> list[SegmentEntry]:
    """Each after those it includes; raises DocumentError for unknown ones and cycles."""
    by_slug = {each.slug: each for each in entries}
    find = _finder(by_slug, graph)
    for each in entries:
        statement = stored_statement(each.filter)
        if statement is None:
            raise each.place.error("cannot be read.", "filter")
        try:
            check_includes(statement.expression, find, own_names=(each.slug,))
        except FilterQLError as error:
            raise each.place.error(str(error), "filter") from error
    ordered: dict[str, SegmentEntry] = {}
    for each in entries:
        _place_after_included(each, by_slug, ordered)
    return list(ordered.values())


def _finder(
    by_slug: Mapping[str, SegmentEntry], graph: IncludeGraph
) -> Callable[[str], Node | None]:
    """Finds a filter by its name: the file's, else the account's."""

    def find(name: str) -> Node | None:
        node = graph.find(name)
        entry = by_slug.get(node.slug if node else name)
        said: Statement | None = None
        if entry is not None:
            said = stored_statement(entry.filter)
        elif node is not None:
            said = node.statement
        return said.expression if said else None

    return find


def _place_after_included(
    entry: SegmentEntry,
    by_slug: Mapping[str, SegmentEntry],
    ordered: dict[str, SegmentEntry],
) -> None:
    if entry.slug in ordered:
        return
    statement = stored_statement(entry.filter)
    for name in statement.includes if statement else ():
        if name in by_slug:
            _place_after_included(by_slug[name], by_slug, ordered)
    ordered[entry.slug] = entry

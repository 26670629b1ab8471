"""A file planned and applied: all of it, or where something is refused nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.models import Account
from lyticsapp.as_code import plan as plans
from lyticsapp.as_code import settings
from lyticsapp.as_code.document import Document, JobEntry, SegmentEntry
from lyticsapp.as_code.errors import PlanIsOldError
from lyticsapp.as_code.exporting import Current, current
from lyticsapp.as_code.plan import Plan, Step
from lyticsapp.as_code.resolving import (
    authorization_of,
    job_of,
    refused_at,
    resolved,
)
from lyticsapp.declaration.settings import NOTHING_STORED
from lyticsapp.jobs import control, workflow
from lyticsapp.jobs.workflow import Wanted
from segments.definitions import draft as drafts
from segments.definitions import lock, lookup
from segments.definitions.draft import Draft
from segments.definitions.models import Segment
from segments.definitions.update import check_values, update
from segments.definitions.upsert import upsert

Say = Callable[[str], None]


def plan(account: Account, wanted: Document) -> Plan:
    """What applying would do; raises DocumentError for what the account refuses."""
    now = current(account)
    found = plans.compare(resolved(wanted, now), now.document)
    for segment_step in found.segments:
        _check_segment(segment_step.wanted, account)
    for job_step in found.jobs:
        _check_job(job_step.wanted, now)
    return found


def apply(
    account: Account,
    wanted: Document,
    shown: Plan,
    actor: Actor,
    *,
    silent: bool,
    say: Say,
) -> None:
    """Do what the shown plan says, in one transaction.

    Users whom a changed filter moves are told of, unless the change is `silent`.
    Raises PlanIsOldError and DocumentError; then nothing has changed.
    """
    with lock.exclusive(account.pk):
        now = current(account)
        if plans.compare(resolved(wanted, now), now.document) != shown:
            raise PlanIsOldError
        for segment_step in shown.segments:
            with refused_at(segment_step.wanted.place):
                _apply_segment(segment_step, now, actor, silent=silent)
            say(_done(segment_step))
        for job_step in shown.jobs:
            with refused_at(job_step.wanted.place):
                _apply_job(job_step, now, actor)
            say(_done(job_step))


def draft_of(entry: SegmentEntry) -> Draft:
    """What is said of a segment."""
    return drafts.from_values(
        segment_ql=entry.filter,
        slug=entry.slug,
        name=entry.name,
        description=entry.description,
        kind=entry.kind,
        tags=list(entry.tags),
        is_public=entry.public,
    )


def _check_segment(entry: SegmentEntry, account: Account) -> None:
    segment = Segment(
        account=account,
        slug=entry.slug,
        name=entry.name,
        description=entry.description,
        filterql=entry.filter,
        kind=entry.kind,
        tags=list(entry.tags),
        is_public=entry.public,
    )
    with refused_at(entry.place):
        check_values(segment)


def _check_job(entry: JobEntry, now: Current) -> None:
    job = job_of(entry, now)
    before = NOTHING_STORED if job is None else control.stored_of(job)
    with refused_at(entry.place):
        control.check(now.account, _wanted(entry, now), before)


def _apply_segment(
    step: Step[SegmentEntry], now: Current, actor: Actor, *, silent: bool
) -> None:
    draft = draft_of(step.wanted)
    if step.now is None:
        upsert(now.account, draft, actor)
    else:
        update(now.segments[step.wanted.slug], draft, actor, silent=silent)


def _apply_job(step: Step[JobEntry], now: Current, actor: Actor) -> None:
    entry, job = step.wanted, job_of(step.wanted, now)
    wanted = _with_segment_ids(_wanted(entry, now), now.account)
    if job is None:
        job = control.create(now.account, wanted, actor)
    elif any(each.name != "paused" for each in step.differences):
        control.edit(job, wanted, actor)
    was_paused = step.now is not None and step.now.paused
    if entry.paused and not was_paused:
        control.pause(job, actor)
    elif was_paused and not entry.paused:
        control.resume(job, actor)


def _wanted(entry: JobEntry, now: Current) -> Wanted:
    return Wanted(
        workflow=entry.workflow,
        label=entry.label,
        description=entry.description,
        authorization=authorization_of(entry, now),
        config=settings.posted(workflow.get(entry.workflow), entry.config),
    )


def _with_segment_ids(wanted: Wanted, account: Account) -> Wanted:
    """The segments by their ids, as jobs keep them."""
    named = wanted.config.get(settings.SEGMENTS)
    if not named:
        return wanted
    ids = [each.public_id for each in lookup.get_all(account, named)]
    return replace(wanted, config={**wanted.config, settings.SEGMENTS: ids})


def _done(step: Step[SegmentEntry] | Step[JobEntry]) -> str:
    return f"{'created' if step.now is None else 'changed'} {step.wanted}"

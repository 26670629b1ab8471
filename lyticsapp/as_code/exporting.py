"""What an account has, as a document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lyticsapp.accounts.models import Account
from lyticsapp.as_code import settings
from lyticsapp.as_code.document import Document, JobEntry, SegmentEntry
from lyticsapp.as_code.errors import CannotBeWrittenError
from lyticsapp.jobs import lookup, workflow
from lyticsapp.jobs.lookup import Narrowed
from lyticsapp.jobs.models import Job, JobState
from segments.definitions.models import Segment


@dataclass(frozen=True, slots=True)
class Current:
    """What an account has: its rows, and the document they are."""

    account: Account
    segments: Mapping[str, Segment]
    """By slug."""
    jobs: Mapping[tuple[str, str], Sequence[Job]]
    """By workflow and label; of some labels there are several."""
    document: Document

    @property
    def slugs(self) -> dict[str, str]:
        """Those of the segments, by their ids."""
        return {each.public_id: slug for slug, each in self.segments.items()}


def export(account: Account) -> Document:
    """What a file is to say; raises CannotBeWrittenError, UnknownWorkflowError."""
    known = current(account)
    for (key, label), jobs in known.jobs.items():
        workflow.get(key)
        if len(jobs) > 1:
            raise CannotBeWrittenError(
                f'{len(jobs)} jobs of the workflow {key} are called "{label}", and a '
                "file tells jobs apart by their labels. Give each its own label first."
            )
    return known.document


def current(account: Account) -> Current:
    """What the account has, in the order of slugs, workflows and labels.

    Jobs of workflows that this release does not have are in no document.
    """
    segments = {
        each.slug: each
        for each in Segment.objects.for_account(account)
        .select_related("account")
        .order_by("slug")
    }
    slugs = {each.public_id: each.slug for each in segments.values()}
    jobs = defaultdict[tuple[str, str], list[Job]](list)
    rows = lookup.listing(account, Narrowed(completed=True))
    for job in rows.defer("secrets", "authorization__secrets"):
        jobs[job.workflow, job.label].append(job)
    document = Document(
        segments=[_segment(each) for each in segments.values()],
        jobs=[
            _job(job, slugs)
            for key in sorted(jobs)
            if key[0] in workflow.registry()
            for job in jobs[key]
        ],
    )
    return Current(account, segments, jobs, document)


def _segment(segment: Segment) -> SegmentEntry:
    return SegmentEntry(
        slug=segment.slug,
        name=segment.name,
        description=segment.description,
        tags=tuple(segment.tags),
        kind=segment.kind,
        public=segment.is_public,
        filter=segment.filterql,
    )


def _job(job: Job, slugs: Mapping[str, str]) -> JobEntry:
    return JobEntry(
        workflow=job.workflow,
        label=job.label,
        description=job.description,
        authorization=job.authorization.label if job.authorization else "",
        paused=job.state == JobState.PAUSED,
        config=settings.as_stored(workflow.get(job.workflow), job.config, slugs),
    )

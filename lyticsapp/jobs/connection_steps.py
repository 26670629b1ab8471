"""What jobs need of their authorization, for its connection test.

Bound to `lyticsapp.authorizations.connection_test`.
"""

from __future__ import annotations

from lyticsapp.authorizations.encryption import DecryptionError
from lyticsapp.authorizations.models import Authorization
from lyticsapp.authorizations.step import Step, Steps
from lyticsapp.declaration.settings import reveal
from lyticsapp.jobs import workflow
from lyticsapp.jobs.models import LIVE, Job, JobState
from lyticsapp.jobs.workflow import Setup

MOST_JOBS = 20
"""Of many jobs those changed last are tried."""


def steps_of(authorization: Authorization) -> Steps:
    """What the jobs that run with it, or will again, have to be able to do."""
    jobs = Job.objects.for_account(authorization.account_id).filter(
        authorization=authorization, state__in=(*LIVE, JobState.PAUSED)
    )
    newest = jobs.select_related("account").defer("secrets").order_by("-updated_at")
    return [step for job in newest[:MOST_JOBS] for step in _steps(job, authorization)]


def _steps(job: Job, authorization: Authorization) -> list[Step]:
    kind = workflow.registry().get(job.workflow)
    if kind is None:  # of a release that had it
        return []
    try:
        config = reveal(job.stored)
    except DecryptionError:  # its next run says so
        return []
    return list(kind.test_steps(Setup(job.account, authorization, config)))

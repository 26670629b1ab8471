"""Doing the work of a job that is due, from taking it up to writing down how it ended."""

from __future__ import annotations

from functools import partial
from threading import Event

import structlog
from django.db import Error, close_old_connections

from lyticsapp.authorizations.aws.errors import AwsError
from lyticsapp.authorizations.encryption import DecryptionError
from lyticsapp.declaration.errors import DeclarationError
from lyticsapp.jobs import claim as claims
from lyticsapp.jobs import runs
from lyticsapp.jobs import workflow as workflows
from lyticsapp.jobs.claim import Claim
from lyticsapp.jobs.errors import FatalError, JobError, UnknownWorkflowError
from lyticsapp.jobs.retry import Problem
from lyticsapp.jobs.run import Interrupted
from lyticsapp.jobs.under_way import RunUnderWay
from lyticsapp.masking import redacted, secret_texts

stopping = Event()
"""Set when the process is about to end: runs end at their next step."""

_OF_NO_USE = (
    FatalError,
    UnknownWorkflowError,
    DeclarationError,
    DecryptionError,
    AwsError,
)
"""Errors that no waiting mends; their texts say what does."""

log = structlog.get_logger(__name__)


def run(job_id: int) -> None:
    """Run a job where it is due, until the run has ended or others go on with it."""
    if stopping.is_set():
        return
    claim = claims.take(job_id)
    if claim is None:
        return
    try:
        _work(claim)
    except Interrupted:
        claims.end(claim, runs.give_back)
    except Exception as error:
        problem = _problem(claim, error)
        if isinstance(error, Error):
            close_old_connections()  # the error may be that this one is broken
        claims.end(claim, partial(runs.fail, problem=problem))
    else:
        claims.end(claim, runs.complete)


def _work(claim: Claim) -> None:
    workflow = workflows.get(claim.job.workflow)
    assert workflow.run is not None  # what a trigger drives is never due
    if workflow.methods and not workflow.without and not claim.job.authorization_id:
        raise FatalError(
            "Its authorization was deleted. Edit the job and choose another one, then "
            "restart it."
        )
    is_endless = workflow.kind is workflows.Kind.CONTINUOUS
    under_way = RunUnderWay(claim, stopping, gives_way=is_endless)
    with under_way.kept_alive():
        workflow.run(under_way)


def _problem(claim: Claim, error: Exception) -> Problem:
    if isinstance(error, _OF_NO_USE):
        return Problem(_shown(claim, error), fatal=True)
    if isinstance(error, JobError):
        return Problem(_shown(claim, error))
    log.exception("run_failed_unexpectedly", job=claim.job.public_id)
    kind = type(error).__name__
    return Problem(f"Unexpected {kind}; the log of the worker tells more.")


def _shown(claim: Claim, error: Exception) -> str:
    """An error's text without the secrets of the job: the other side may repeat them."""
    try:
        secrets = [*secret_texts(claim.job.secrets or {})]
        if claim.job.authorization is not None:
            secrets += secret_texts(claim.job.authorization.secrets)
    except DecryptionError:
        secrets = []  # they cannot have been sent
    return redacted(str(error), secrets)

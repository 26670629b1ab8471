"""Jobs, their runs, their logs and their figures."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from lyticsapp.accounts.identifiers import new_public_id
from lyticsapp.accounts.tenancy import AccountOwned
from lyticsapp.authorizations.encryption import EncryptedJSONField
from lyticsapp.authorizations.models import Authorization
from lyticsapp.declaration.settings import Stored


class JobState(models.TextChoices):
    """The states of a job, under the names the documented API gives them."""

    INITIALIZING = "initializing", "Initializing"
    RUNNING = "running", "Running"
    SLEEPING = "sleeping", "Sleeping"
    PAUSED = "paused", "Paused"
    FAILED = "failed", "Failed"
    COMPLETED = "completed", "Completed"
    DELETED = "deleted", "Deleted"


LIVE = (JobState.INITIALIZING, JobState.RUNNING, JobState.SLEEPING)
"""The states in which a job runs, or will by itself."""


class Job(AccountOwned):
    """Work that a person set up: a subscription, an import or an export."""

    public_id = models.CharField(
        max_length=32, unique=True, default=new_public_id, editable=False
    )
    workflow = models.CharField(max_length=50)
    authorization = models.ForeignKey(
        Authorization, on_delete=models.SET_NULL, null=True, blank=True
    )
    label = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    config = models.JSONField(default=dict, blank=True)
    secrets = EncryptedJSONField(null=True, default=None, editable=False)
    """Null where there are none, as of jobs that drive something."""
    version = models.PositiveIntegerField(default=1, editable=False)
    """Rises with each edit, so that of two people the second is told."""
    state = models.CharField(
        max_length=20, choices=JobState.choices, default=JobState.INITIALIZING
    )
    state_reason = models.TextField(blank=True)
    next_run_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When it is to be run, or its run to be gone on with; None while that goes on."""
    resumes_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When a pause is over that was asked for so long; None for one without an end."""
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(AccountOwned.Meta):
        indexes = [
            models.Index(fields=["account", "workflow", "state"], name="job_workflow"),
            models.Index(fields=["account", "-created_at"], name="job_recent"),
            models.Index(
                fields=["next_run_at"],
                name="job_due",
                condition=models.Q(next_run_at__isnull=False, state__in=LIVE),
            ),
            models.Index(
                fields=["resumes_at"],
                name="job_resumes",
                condition=models.Q(resumes_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def stored(self) -> Stored:
        """Its settings, as they are validated against and revealed."""
        return Stored(self.config, self.secrets or {})


class RunState(models.TextChoices):
    """The states of a run."""

    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting for its next try"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


OPEN = (RunState.RUNNING, RunState.WAITING)
"""The states of a run that is to be gone on with."""


class RunCause(models.TextChoices):
    """Why a run began."""

    START = "start", "The job was started"
    SCHEDULE = "schedule", "Its time had come"
    PERSON = "person", "Somebody asked for it"


COUNTS = ("read", "added", "changed", "skipped", "failed", "bytes")
"""What is counted of a run, and of each hour of a job."""


class Counts(models.Model):
    """What was counted of the data that came through."""

    read = models.BigIntegerField(default=0)
    added = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class JobRun(Counts, AccountOwned):
    """One run of a job, with what it has read and done.

    A worker has it until `leased_until`, and goes on renewing that; whoever finds it
    in the past finds a run whose worker is gone. `tries` tells workers apart: what a
    worker saves under another's number is refused.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(
        max_length=20, choices=RunState.choices, default=RunState.WAITING
    )
    cause = models.CharField(
        max_length=10, choices=RunCause.choices, default=RunCause.START
    )
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    """How often a worker has taken it up."""
    leased_until = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    """Errors in a row, with no progress between them."""
    failing_since = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    """What went wrong last, and what to do about it."""
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True, blank=True)
    checkpoint = models.JSONField(default=dict)

    class Meta(AccountOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["job"],
                name="run_open_once",
                condition=models.Q(state__in=OPEN),
            )
        ]
        indexes = [
            models.Index(fields=["job", "-started_at"], name="run_recent"),
            models.Index(
                fields=["leased_until"],
                name="run_leased",
                condition=models.Q(state=RunState.RUNNING),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def lasted(self) -> timedelta:
        """From its start to its end, or to now."""
        return (self.ended_at or timezone.now()) - self.started_at


class JobHour(Counts, AccountOwned):
    """What a job did in an hour, of any run."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="hours")
    hour = models.DateTimeField()
    """When it began."""

    class Meta(AccountOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["job", "hour"], name="hour_of_job")
        ]
        indexes = [models.Index(fields=["account", "hour"], name="hour_of_account")]


class LogLevel(models.TextChoices):
    """How much a log line matters."""

    INFO = "info", "Info"
    WARNING = "warning", "Warning"
    ERROR = "error", "Error"


class JobLog(AccountOwned):
    """A line in the log of a job."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="logs")
    run = models.ForeignKey(JobRun, on_delete=models.CASCADE, null=True)
    at = models.DateTimeField(default=timezone.now)
    level = models.CharField(max_length=10, choices=LogLevel.choices)
    message = models.TextField()
    context = models.JSONField(default=dict)

    class Meta(AccountOwned.Meta):
        indexes = [models.Index(fields=["job", "-at"], name="joblog_recent")]

    def __str__(self) -> str:
        return self.message[:80]

"""Jobs, their runs and their logs."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from lyticsapp.accounts.identifiers import new_public_id
from lyticsapp.accounts.tenancy import AccountOwned
from lyticsapp.authorizations.models import Authorization


class JobState(models.TextChoices):
    """The states of a job, under the names the documented API gives them."""

    INITIALIZING = "initializing", "Initializing"
    RUNNING = "running", "Running"
    SLEEPING = "sleeping", "Sleeping"
    PAUSED = "paused", "Paused"
    FAILED = "failed", "Failed"
    COMPLETED = "completed", "Completed"
    DELETED = "deleted", "Deleted"


class Job(AccountOwned):
    """Work that a person set up: a subscription, an import or an export."""

    public_id = models.CharField(
        max_length=32, unique=True, default=new_public_id, editable=False
    )
    workflow = models.CharField(max_length=50)
    authorization = models.ForeignKey(
        Authorization, on_delete=models.PROTECT, null=True, blank=True
    )
    label = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    config = models.JSONField(default=dict, blank=True)
    state = models.CharField(
        max_length=20, choices=JobState.choices, default=JobState.INITIALIZING
    )
    state_reason = models.TextField(blank=True)
    schedule = models.JSONField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(AccountOwned.Meta):
        indexes = [
            models.Index(fields=["account", "workflow", "state"], name="job_workflow"),
            models.Index(fields=["account", "-created_at"], name="job_recent"),
        ]

    def __str__(self) -> str:
        return self.label


class JobRun(AccountOwned):
    """One run of a job, with what it has read and done."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(
        max_length=20, choices=JobState.choices, default=JobState.RUNNING
    )
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True, blank=True)
    counts = models.JSONField(default=dict)
    checkpoint = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta(AccountOwned.Meta):
        indexes = [models.Index(fields=["job", "-started_at"], name="run_recent")]

    def __str__(self) -> str:
        return f"{self.job} {self.started_at:%Y-%m-%d %H:%M}"


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

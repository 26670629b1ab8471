"""Alerts, and the notices that tell of them by mail and webhook."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from lyticsapp.accounts.identifiers import new_public_id
from lyticsapp.accounts.models import Member
from lyticsapp.accounts.tenancy import AccountOwned

LABEL_LENGTH = 200


class Severity(models.TextChoices):
    """How much an alert matters."""

    WARNING = "warning", "Warning"
    CRITICAL = "critical", "Critical"


class Alert(AccountOwned):
    """Something of an account that somebody should look at; open until it is over."""

    public_id = models.CharField(
        max_length=32, unique=True, default=new_public_id, editable=False
    )
    kind = models.CharField(max_length=50)
    subject_key = models.CharField(max_length=200)
    subject_label = models.CharField(max_length=LABEL_LENGTH)
    subject_url = models.CharField(max_length=500, blank=True)
    severity = models.CharField(
        max_length=10, choices=Severity.choices, default=Severity.WARNING
    )
    title = models.CharField(max_length=LABEL_LENGTH)
    text = models.TextField()
    raised_at = models.DateTimeField(default=timezone.now)
    cleared_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )

    class Meta(AccountOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "subject_key"],
                name="alert_open_once",
                condition=models.Q(cleared_at__isnull=True),
            )
        ]
        indexes = [
            models.Index(fields=["account", "-raised_at"], name="alert_recent"),
            models.Index(
                fields=["kind"],
                name="alert_open_by_kind",
                condition=models.Q(cleared_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Channel(models.TextChoices):
    """How a notice is told."""

    MAIL = "mail", "Mail"
    WEBHOOK = "webhook", "Operations webhook"


class Happening(models.TextChoices):
    """What a notice tells of."""

    RAISED = "raised", "Raised"
    CLEARED = "cleared", "Cleared"


class Notice(AccountOwned):
    """One telling of an alert, to one admin or to the operations webhook.

    It waits until `sent_at` or `gave_up_at` is set. While it is being sent,
    `next_attempt_at` lies behind the longest time that a try can take.
    """

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="notices")
    happening = models.CharField(max_length=10, choices=Happening.choices)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, null=True)
    created_at = models.DateTimeField(default=timezone.now)
    attempts = models.IntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    gave_up_at = models.DateTimeField(null=True)
    error: models.TextField[Any, Any] = models.TextField(blank=True)

    class Meta(AccountOwned.Meta):
        indexes = [
            models.Index(
                fields=["channel", "next_attempt_at"],
                name="notice_waiting",
                condition=models.Q(sent_at__isnull=True, gave_up_at__isnull=True),
            )
        ]

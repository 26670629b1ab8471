"""Streams and events.

Events are append-only and partitioned by the month they came in. `PendingEvent`
points at the events that no batch has applied yet, spread over lanes.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from lyticsapp.accounts.tenancy import AccountOwned


class Stream(AccountOwned):
    """A named flow of events; it appears with its first event."""

    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(AccountOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="stream_name")
        ]

    def __str__(self) -> str:
        return self.name


class StreamTally(AccountOwned):
    """Events of a stream in an hour, counted by lane so that no two workers meet."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE)
    hour = models.DateTimeField()
    lane = models.SmallIntegerField()
    events = models.BigIntegerField(default=0)
    without_identity = models.BigIntegerField(default=0)

    class Meta(AccountOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["stream", "hour", "lane"], name="stream_tally_once"
            )
        ]


class Event(models.Model):
    """What came in: its JSON body, its time and the time it came in."""

    id = models.BigIntegerField(primary_key=True)
    account_id = models.BigIntegerField()
    stream_id = models.BigIntegerField()
    event_at = models.DateTimeField()
    received_at = models.DateTimeField()
    body: models.JSONField[Any, Any] = models.JSONField()

    class Meta:
        managed = False
        db_table = "streams_event"


class PendingEvent(models.Model):
    """An accepted event that is still to be applied to a profile."""

    event_id = models.BigIntegerField(primary_key=True)
    account_id = models.BigIntegerField()
    lane = models.SmallIntegerField()
    received_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "streams_pendingevent"


class RejectedRecord(AccountOwned):
    """A record that could not be accepted, as it came, with the reason."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE)
    raw = models.BinaryField()
    reason = models.TextField()
    position = models.BigIntegerField(
        help_text="The record in the call, or the line of the upload, from 1."
    )
    filename = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta(AccountOwned.Meta):
        indexes = [
            models.Index(fields=["account", "-received_at"], name="rejected_recent")
        ]

    def __str__(self) -> str:
        return self.reason[:80]

"""Who is in what, since when, and how many came and went."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from lyticsapp.accounts.tenancy import AccountOwned
from segments.definitions.models import Segment
from segments.profiles.models import Profile


class Membership(AccountOwned):
    """A profile in a segment; the row stays after the profile has left.

    Each index is paid for by every enter and nearly each by every exit, so there are
    no more than are read. Rows of a deleted segment are swept away later: there may be millions. No query
    finds them meanwhile, as each joins the segment or names one that there is.
    """

    pk = models.CompositePrimaryKey("profile_id", "segment_id")
    account = models.ForeignKey(
        "accounts.Account", on_delete=models.CASCADE, db_index=False
    )
    segment = models.ForeignKey(
        Segment, on_delete=models.DO_NOTHING, db_constraint=False
    )
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, db_index=False)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta(AccountOwned.Meta):
        indexes = [
            models.Index(
                fields=["segment", "profile"],
                name="membership_current",
                condition=models.Q(left_at__isnull=True),
            )
        ]


class Movement(AccountOwned):
    """How many entered and left which segments in one batch.

    One row a batch, as batches are many and have no time; a task adds them up.
    """

    at = models.DateTimeField()
    silent = models.BooleanField()
    segment_ids = ArrayField(models.IntegerField())
    entered = ArrayField(models.IntegerField())
    exited = ArrayField(models.IntegerField())


class SegmentHour(AccountOwned):
    """How many entered and left a segment in an hour.

    `settled` is by how many it grew or shrank with nobody told: by the first count
    of a new segment, by an edit taken as a baseline, by merges of its members.
    """

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, db_constraint=False)
    hour = models.DateTimeField(db_index=True)
    entered = models.BigIntegerField(default=0)
    exited = models.BigIntegerField(default=0)
    settled = models.BigIntegerField(default=0)

    class Meta(AccountOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["segment", "hour"], name="segment_hour_once"
            )
        ]


class SizeAlert(AccountOwned):
    """Between which sizes a segment is expected to stay."""

    segment = models.OneToOneField(
        Segment, on_delete=models.CASCADE, related_name="size_alert"
    )
    least = models.BigIntegerField(null=True, blank=True)
    greatest = models.BigIntegerField(null=True, blank=True)

    class Meta(AccountOwned.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(least__isnull=False)
                | models.Q(greatest__isnull=False),
                name="size_alert_says_something",
            ),
            models.CheckConstraint(
                condition=models.Q(least__isnull=True)
                | models.Q(greatest__isnull=True)
                | models.Q(least__lte=models.F("greatest")),
                name="size_alert_has_room",
            ),
        ]

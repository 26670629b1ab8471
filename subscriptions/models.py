"""Subscriptions, and the outbox of their messages."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils import timezone

from lyticsapp.accounts.identifiers import new_public_id
from lyticsapp.accounts.models import Account
from lyticsapp.accounts.tenancy import AccountOwned
from lyticsapp.authorizations.encryption import EncryptedJSONField
from lyticsapp.jobs.models import Job
from segments.definitions.models import Progress, Segment


class VerbatimJSONField(models.JSONField):
    """JSON kept as the text it was written as, in the order of its keys."""

    def db_type(self, connection: Any) -> str:
        """PostgreSQL's `json`, which keeps the text; `jsonb` does not."""
        return "json"

    def from_db_value(self, value: Any, *_: Any) -> Any:
        """The value, which the driver has parsed."""
        return value


class Subscription(AccountOwned):
    """Who is told when a user enters or leaves one of its segments."""

    id = models.AutoField(primary_key=True)
    public_id = models.CharField(
        max_length=32, unique=True, default=new_public_id, editable=False
    )
    name = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    channel = models.CharField(max_length=20)
    segments = models.ManyToManyField(Segment, related_name="subscriptions")
    segmentql = models.TextField(blank=True, editable=False)
    config = models.JSONField(default=dict, blank=True)
    secrets = EncryptedJSONField(default=dict)
    withbackfill = models.BooleanField(default=False)
    job = models.OneToOneField(
        Job, on_delete=models.CASCADE, related_name="subscription"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    held_until = models.DateTimeField(null=True, blank=True, editable=False)
    failures_in_a_row = models.IntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    """The first failure since a message was delivered last; None where that was after."""
    stopped_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When its destination refused all of it last, and its job was paused for that."""

    class Meta(AccountOwned.Meta):
        indexes = [
            models.Index(fields=["account", "-created_at"], name="subscription_recent")
        ]

    def __str__(self) -> str:
        return self.name or self.public_id


class BackfillState(models.TextChoices):
    """The states of a backfill."""

    GOING = "going", "Going"
    PAUSED = "paused", "Paused"
    CANCELLED = "cancelled", "Cancelled"
    ENDED = "ended", "Ended"


class Backfill(AccountOwned):
    """The walk over the members a segment had when its subscription began.

    Profiles up to `cursor` have been told. A profile after it that has no
    delivery of this subscription yet is still to be told; of a sample, one that is
    in it.
    """

    subscription = models.OneToOneField(
        Subscription, on_delete=models.CASCADE, related_name="backfill"
    )
    cursor = models.BigIntegerField(default=0)
    last_profile_id = models.BigIntegerField()
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    """0 until they are counted."""
    is_sample = models.BooleanField(default=False)
    started_at = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField(default=timezone.now)
    """When it may go on, by its rate limit."""
    measured_at = models.DateTimeField(default=timezone.now)
    measured_done = models.BigIntegerField(default=0)
    """Its rate is measured from then and from so many on: since nothing held it up."""
    paused_at = models.DateTimeField(null=True, blank=True)
    """Since when it is paused; None while it is not."""
    ended_at = models.DateTimeField(null=True, blank=True)
    is_cancelled = models.BooleanField(default=False)

    @property
    def state(self) -> BackfillState:
        """What it is about."""
        if self.ended_at is not None:
            return BackfillState.CANCELLED if self.is_cancelled else BackfillState.ENDED
        return BackfillState.PAUSED if self.paused_at else BackfillState.GOING

    @property
    def is_open(self) -> bool:
        """Whether it has members to tell of, now or once it is resumed."""
        return self.ended_at is None

    @property
    def progress(self) -> Progress:
        """How many members are done, at which rate, and how long the rest takes."""
        rate = self._rate()
        return Progress(
            done=self.done,
            total=self.total or None,
            rate=rate,
            seconds_left=max(0, self.total - self.done) / rate
            if self.total and rate
            else None,
        )

    def _rate(self) -> float:
        elapsed_s = (timezone.now() - self.measured_at).total_seconds()
        if self.state != BackfillState.GOING or elapsed_s <= 0:
            return 0.0
        return (self.done - self.measured_done) / elapsed_s


class DeliveryState(models.TextChoices):
    """The states of a delivery."""

    PENDING = "pending", "Pending"
    DELIVERED = "delivered", "Delivered"
    DEAD = "dead", "Dead"
    SKIPPED = "skipped", "Skipped"


class Delivery(AccountOwned):
    """A message on its way; its primary key is its sequence number.

    It is taken from the sequence while the profile's row is locked, so it
    rises per profile and subscription.
    """

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False)
    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, db_index=False
    )
    profile_id = models.BigIntegerField()
    message_id = models.UUIDField(default=uuid.uuid4, editable=False)
    cause = models.CharField(max_length=20)
    segment_ids = ArrayField(
        models.IntegerField(), default=list, db_default=[], editable=False
    )
    """The segments it tells of."""
    replay = models.IntegerField(default=0, db_default=0, editable=False)
    """The number of the replay that wrote it; 0 for a message's first delivery."""
    first_id = models.BigIntegerField(null=True, editable=False)
    """Of a replayed message: the sequence number that it had first."""
    payload = VerbatimJSONField()
    state = models.CharField(
        max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING
    )
    outcome = models.CharField(max_length=20, default="", db_default="", editable=False)
    """What came of the last try."""
    reason = models.CharField(max_length=200, default="", db_default="", editable=False)
    """Why it was skipped."""
    attempts = models.IntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(AccountOwned.Meta):
        indexes = [
            models.Index(
                fields=["subscription", "next_attempt_at", "id"],
                name="delivery_due",
                condition=models.Q(state="pending"),
            ),
            models.Index(
                fields=["profile_id", "subscription", "id"],
                name="delivery_profile_pending",
                condition=models.Q(state="pending"),
            ),
            models.Index(
                fields=["subscription", "profile_id"], name="delivery_profile"
            ),
            models.Index(fields=["subscription", "-id"], name="delivery_recent"),
            models.Index(
                fields=["ended_at"],
                name="delivery_ended",
                condition=models.Q(ended_at__isnull=False),
            ),
            models.Index(
                fields=["subscription", "-id"],
                name="delivery_dead",
                condition=models.Q(state="dead"),
            ),
            models.Index(
                fields=["message_id", "id"],
                name="delivery_replayed",
                condition=models.Q(replay__gt=0),
            ),
            BrinIndex(fields=["created_at"], name="delivery_created"),
        ]
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return str(self.message_id)


class Lease(models.Model):
    """Messages that a deliverer has taken; nobody else takes them until it ends."""

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, db_index=False
    )
    until = models.DateTimeField()
    delivery_ids = ArrayField(models.BigIntegerField())

    class Meta:
        indexes = [
            models.Index(fields=["subscription", "until"], name="lease_of"),
            models.Index(fields=["until"], name="lease_lasting"),
        ]

    def __str__(self) -> str:
        return f"{len(self.delivery_ids)} messages until {self.until:%H:%M:%S}"


class RetiredPartition(models.Model):
    """A partition of deliveries that is about to be dropped.

    What its messages up to `cursor` have told is kept.
    """

    begin = models.BigIntegerField(primary_key=True)
    """The first sequence number of its range."""
    cursor = models.BigIntegerField()

    def __str__(self) -> str:
        return f"From {self.begin}, up to {self.cursor}"


class Replay(AccountOwned):
    """Messages that are sent again; those up to `cursor` have been looked at."""

    id = models.AutoField(primary_key=True)
    selection = models.JSONField()
    """Which ones, as `subscriptions.selection` writes it down."""
    per_second = models.IntegerField()
    cursor = models.BigIntegerField(default=0)
    last_id = models.BigIntegerField()
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    next_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    is_cancelled = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"Replay {self.pk}"


class Attempt(AccountOwned):
    """One try of a delivery, which has the same account.

    The database's primary key is (delivery, id). Nothing there ties it to its
    delivery: that would keep partitions from being dropped.
    """

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, db_index=False, db_constraint=False
    )
    delivery = models.ForeignKey(
        Delivery,
        on_delete=models.CASCADE,
        related_name="tries",
        db_constraint=False,
        db_index=False,
    )
    at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=20)
    status_code = models.IntegerField(null=True, blank=True)
    latency_ms = models.IntegerField()
    answer = models.TextField(blank=True)
    error = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.outcome} {self.at:%Y-%m-%d %H:%M:%S}"


class DeliveryHour(AccountOwned):
    """What came of a subscription's tries in an hour."""

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, db_index=False
    )
    hour = models.DateTimeField()
    delivered = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    dead = models.BigIntegerField(default=0)
    latencies = ArrayField(models.BigIntegerField())
    """How many were delivered so long after they were created: see `hours`."""
    last_error = models.TextField(default="", db_default="")
    last_error_at = models.DateTimeField(null=True)

    class Meta(AccountOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "hour"], name="delivery_hour"
            )
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:%M}"


class ToldBefore(AccountOwned):
    """What a destination was last told of a user by messages that are deleted."""

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, db_index=False
    )
    profile_id = models.BigIntegerField()
    segment = models.CharField(max_length=32)
    """By its public id, as messages name it."""
    event = models.CharField(max_length=10)
    sequence = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta(AccountOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "profile_id", "segment"], name="told_before"
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.segment}"


class Reconciliation(AccountOwned):
    """A comparison of what a destination was told with who is in its segments.

    First it counts the corrections; once somebody has confirmed them, it walks over
    all users again and writes them.
    """

    subscription = models.OneToOneField(
        Subscription, on_delete=models.CASCADE, related_name="reconciliation"
    )
    cursor = models.BigIntegerField(default=0)
    last_profile_id = models.BigIntegerField()
    enters = models.BigIntegerField(default=0)
    exits = models.BigIntegerField(default=0)
    sent = models.BigIntegerField(default=0)
    """Users of whom a correction was written."""
    started_at = models.DateTimeField(default=timezone.now)
    counted_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Reconciliation of {self.subscription}"


class Backlog(models.TextChoices):
    """What becomes of the messages that were collected during a pause."""

    ALL = "all", "Send all, in order"
    LATEST = "latest", "Send only the latest of each user"
    NONE = "none", "Send none"


class Skipping(AccountOwned):
    """Messages that are skipped before a subscription is resumed.

    Those up to `cursor` have been looked at. There is a row while that is going on.
    """

    subscription = models.OneToOneField(
        Subscription, on_delete=models.CASCADE, related_name="skipping"
    )
    backlog = models.CharField(max_length=10, choices=Backlog.choices)
    cursor = models.BigIntegerField(default=0)
    last_id = models.BigIntegerField()
    skipped = models.BigIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False
    )

    def __str__(self) -> str:
        return f"{self.get_backlog_display()}: {self.subscription}"

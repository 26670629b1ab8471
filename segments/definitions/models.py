"""Segments, their versions, and the recomputes that follow a change."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from lyticsapp.accounts.identifiers import new_public_id
from lyticsapp.accounts.tenancy import AccountOwned


class Segment(AccountOwned):
    """A set of users, described in FilterQL; known by its slug, from ALIAS."""

    id = models.AutoField(primary_key=True)
    public_id = models.CharField(
        max_length=32, unique=True, default=new_public_id, editable=False
    )
    slug = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    filterql = models.TextField()
    table = models.CharField(max_length=50, default="user", editable=False)
    kind = models.CharField(max_length=20, default="segment")
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    is_public = models.BooleanField(default=False)
    version = models.IntegerField(default=1, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(AccountOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["account", "slug"], name="segment_slug")
        ]

    def __str__(self) -> str:
        return self.name


class SegmentVersion(AccountOwned):
    """What a segment's definition was, who wrote it and when."""

    segment = models.ForeignKey(
        Segment, on_delete=models.CASCADE, related_name="versions"
    )
    version = models.IntegerField()
    filterql = models.TextField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(AccountOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["segment", "version"], name="segment_version_once"
            )
        ]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a walk is."""

    done: int
    total: int | None
    """None until the profiles have been counted."""
    rate: float
    """Profiles a second since it began, or went on."""
    seconds_left: float | None
    """None while nothing tells how long it will take."""


class Recompute(AccountOwned):
    """The walk over all profiles that a new or changed segment needs.

    A `silent` walk takes what it finds as the baseline; another raises enter and
    exit. It is walked in parts, by as many workers as there are.
    """

    segment = models.OneToOneField(
        Segment, on_delete=models.CASCADE, related_name="recompute"
    )
    silent = models.BooleanField()
    cause = models.CharField(max_length=20, default="definition")
    total = models.BigIntegerField(null=True)
    """How many profiles there are to walk over; counted by the first chunk."""
    started_at = models.DateTimeField(default=timezone.now)

    @property
    def progress(self) -> Progress:
        """How many profiles are done, at which rate, and how long the rest takes."""
        done = self.parts.aggregate(done=models.Sum("done"))["done"]
        return self.progress_with(done or 0)

    def progress_with(self, done: int) -> Progress:
        """The progress, for who has added up what the parts have done."""
        elapsed_s = (timezone.now() - self.started_at).total_seconds()
        rate = done / elapsed_s if elapsed_s > 0 else 0.0
        left = None if self.total is None else max(0, self.total - done)
        return Progress(
            done=done,
            total=self.total,
            rate=rate,
            seconds_left=left / rate if left is not None and rate else None,
        )


class RecomputePart(models.Model):
    """A range of profile ids of a walk, walked in order by one worker at a time.

    Profiles up to `cursor` have been evaluated, those up to `last_profile_id` have
    not. Profiles after the last part did not exist when the walk began and are
    evaluated as they come.
    """

    recompute = models.ForeignKey(
        Recompute, on_delete=models.CASCADE, related_name="parts"
    )
    cursor = models.BigIntegerField()
    last_profile_id = models.BigIntegerField()
    done = models.BigIntegerField(default=0)


class DefinitionVersion(models.Model):
    """A number that rises with every change of what a batch must know.

    Segments, field types, identity fields and subscriptions of an account: a
    worker that holds the same number may use what it has loaded.
    """

    account = models.OneToOneField(
        "accounts.Account", on_delete=models.CASCADE, primary_key=True
    )
    version = models.BigIntegerField(default=1)

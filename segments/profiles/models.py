"""Profiles, their identities and the types of their fields."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from lyticsapp.accounts.tenancy import AccountOwned


class FieldType(models.TextChoices):
    """The types of profile fields. See `fields.join` for how they widen."""

    BOOL = "bool", "True/false"
    INT = "int", "Whole number"
    NUMBER = "number", "Number"
    DATE = "date", "Date"
    STRING = "string", "Text"
    LIST = "list", "List"
    MAP = "map", "Map"


class Field(AccountOwned):
    """A field that profiles of an account have, and its type."""

    name = models.CharField(max_length=200)
    type = models.CharField(max_length=10, choices=FieldType.choices)
    pinned = models.BooleanField(
        default=False, help_text="The type was chosen by a person and does not widen."
    )
    widened_from = models.CharField(max_length=10, blank=True, editable=False)
    widened_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(AccountOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="field_name")
        ]

    def __str__(self) -> str:
        return self.name


class Profile(AccountOwned):
    """A user: the newest value of each field, and the segments they are in.

    `fields` holds values as they came in, under flattened names
    (`scores.momentum`); types are given on reading. `stamps` holds, for each
    field, the event its value came from: `[event time in µs, event id]`.

    `dues` holds the instants at which segments will change their answer if nothing
    but time passes: `[segment id, µs since 1970, segment id, …]`. `due_at` is never
    later than the soonest of them; it may be earlier, as one that moves away is
    left where it is until its time has come: the index stays as it is.
    """

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.CASCADE, db_index=False
    )
    fields: models.JSONField[Any, Any] = models.JSONField(default=dict)
    stamps = models.BinaryField(default=b"{}")
    segment_ids = ArrayField(models.IntegerField(), default=list)
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField()
    dues = models.BinaryField(default=b"[]")
    due_at = models.DateTimeField(null=True, blank=True)

    class Meta(AccountOwned.Meta):
        indexes = [
            models.Index(fields=["account", "id"], name="profile_walk"),
            models.Index(
                fields=["account", "due_at"],
                name="profile_due",
                condition=models.Q(due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Identity(models.Model):
    """A (field, value) that tells whose profile an event belongs to."""

    pk = models.CompositePrimaryKey("account_id", "field", "value")
    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE)
    field = models.CharField(max_length=200)
    value = models.CharField(max_length=256)
    profile = models.ForeignKey(
        Profile, on_delete=models.CASCADE, related_name="identities"
    )

    def __str__(self) -> str:
        return f"{self.field}={self.value}"

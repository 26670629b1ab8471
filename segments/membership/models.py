"""Who is in what, since when."""

from __future__ import annotations

from django.db import models

from lyticsapp.accounts.tenancy import AccountOwned
from segments.definitions.models import Segment
from segments.profiles.models import Profile


class Membership(AccountOwned):
    """A profile in a segment; the row stays after the profile has left."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE)
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta(AccountOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["profile", "segment"], name="membership_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["segment", "profile"],
                name="membership_current",
                condition=models.Q(left_at__isnull=True),
            )
        ]

"""Stored credentials, and what the installation grants to accounts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from lyticsapp.accounts.identifiers import new_public_id
from lyticsapp.accounts.tenancy import AccountOwned
from lyticsapp.authorizations.encryption import EncryptedJSONField
from lyticsapp.declaration.settings import Stored


class Health(models.TextChoices):
    """What the last connection test says, under the names of the documents."""

    HEALTHY = "healthy", "Healthy"
    UNHEALTHY = "unhealthy", "Unhealthy"
    UNKNOWN = "unknown", "Unknown"


class Authorization(AccountOwned):
    """Credentials at a provider, by one of its methods."""

    public_id = models.CharField(
        max_length=32, unique=True, default=new_public_id, editable=False
    )
    provider = models.CharField(max_length=50)
    method = models.CharField(max_length=50)
    label = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    config = models.JSONField(default=dict, blank=True)
    secrets = EncryptedJSONField(default=dict)
    found = models.JSONField(default=dict, editable=False)
    """What the method's check found out, and may be shown."""
    version = models.PositiveIntegerField(default=1, editable=False)
    """Rises with each change of the settings."""
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    tested_at = models.DateTimeField(null=True, blank=True, editable=False)
    test_result = models.JSONField(default=list, blank=True, editable=False)
    """The steps of the last test: see `lyticsapp.authorizations.connection_test`."""
    health = models.CharField(
        max_length=10, choices=Health.choices, default=Health.UNKNOWN, editable=False
    )

    class Meta(AccountOwned.Meta):
        indexes = [
            models.Index(fields=["account", "provider"], name="auth_provider"),
            models.Index(fields=["tested_at"], name="auth_tested"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def stored(self) -> Stored:
        """Its settings, as they are validated against and revealed."""
        return Stored(self.config, self.secrets)


class ExternalId(AccountOwned):
    """What this installation says, for one account, when it assumes a role.

    Being another one for each account it keeps an account from using the role of
    another whose ARN it knows.
    """

    value = models.CharField(max_length=32, default=new_public_id, editable=False)

    class Meta(AccountOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["account"], name="external_id_of_account")
        ]

    def __str__(self) -> str:
        return self.value


class BucketGrant(AccountOwned):
    """An account's leave to use a bucket as this installation itself.

    The bucket's policy trusts the installation, and cannot tell its accounts apart.
    """

    bucket = models.CharField(max_length=63, unique=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False
    )
    granted_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.bucket

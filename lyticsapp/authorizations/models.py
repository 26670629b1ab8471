"""Stored credentials."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from lyticsapp.accounts.identifiers import new_public_id
from lyticsapp.accounts.tenancy import AccountOwned
from lyticsapp.authorizations.encryption import EncryptedJSONField


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
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    tested_at = models.DateTimeField(null=True, blank=True, editable=False)
    test_result = models.JSONField(default=dict, blank=True, editable=False)

    class Meta(AccountOwned.Meta):
        indexes = [models.Index(fields=["account", "provider"], name="auth_provider")]

    def __str__(self) -> str:
        return self.label

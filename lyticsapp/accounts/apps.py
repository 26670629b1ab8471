"""Configuration of the accounts app."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts, people, tokens."""

    name = "lyticsapp.accounts"
    label = "accounts"
    verbose_name = "Account"
    default_auto_field = "django.db.models.BigAutoField"

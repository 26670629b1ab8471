"""Accounts, the people in them, their API tokens and the audit log."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from lyticsapp.accounts.identifiers import new_public_id
from lyticsapp.accounts.tenancy import AccountOwned

DEFAULT_IDENTITY_FIELDS = ("user_id", "email", "_uid")


def default_identity_fields() -> list[str]:
    """The identity fields of a new account."""
    return list(DEFAULT_IDENTITY_FIELDS)


class Role(models.TextChoices):
    """What a person may do in an account; each role includes those after it."""

    ADMIN = "admin", "Admin"
    EDITOR = "editor", "Editor"
    VIEWER = "viewer", "Viewer"


class Scope(models.TextChoices):
    """What an API token may be used for; `admin` includes all others."""

    DATA = "data", "Data: send events, look up users"
    SEGMENTS = "segments", "Segments: read and change segments"
    JOBS = "jobs", "Jobs: read and change subscriptions and jobs"
    ADMIN = "admin", "Admin: everything"


class UserManager(BaseUserManager["User"]):
    """Creates people, who are known by their e-mail address."""

    use_in_migrations = True

    def create_user(
        self, email: str, password: str | None = None, **values: Any
    ) -> User:
        """A person; without a password they cannot log in until they set one."""
        user = self.model(email=self.normalize_email(email).lower(), **values)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, email: str, password: str | None = None, **values: Any
    ) -> User:
        """An operator of the installation, who sees every account."""
        return self.create_user(
            email, password, is_staff=True, is_superuser=True, **values
        )

    def get_by_natural_key(self, username: str | None) -> User:
        """The person with this address, whatever its case."""
        return self.get(email__iexact=username)


class User(AbstractUser):
    """A person who works in the admin, in one or more accounts."""

    username = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)
    public_id = models.CharField(
        max_length=32, unique=True, default=new_public_id, editable=False
    )
    time_zone = models.CharField(max_length=64, default="UTC")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[assignment,misc]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="user_email_lower_case",
                violation_error_message="Write the address in lower case.",
            )
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email


class Account(models.Model):
    """A tenant: its users, segments and jobs are seen by its people alone."""

    public_id = models.CharField(
        max_length=32, unique=True, default=new_public_id, editable=False
    )
    name = models.CharField(max_length=100)
    time_zone = models.CharField(max_length=64, default="UTC")
    identity_fields = ArrayField(
        models.CharField(max_length=100),
        default=default_identity_fields,
        help_text="Fields whose values tell who a user is, the strongest first.",
    )
    settings = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name


class Member(AccountOwned):
    """A person's place in an account."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(AccountOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["account", "user"], name="member_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class Invitation(AccountOwned):
    """An invitation to join an account, by mail or by handing over its link."""

    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return f"{self.email} ({self.get_role_display()})"


class ApiToken(AccountOwned):
    """A token for the REST API: `at.<public_id>.<secret>`, hashed at rest."""

    public_id = models.CharField(
        max_length=32, unique=True, default=new_public_id, editable=False
    )
    name = models.CharField(max_length=100)
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices))
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class AuditEntry(AccountOwned):
    """Who changed what, when; written by `audit.record`, never changed."""

    at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    token = models.ForeignKey(ApiToken, on_delete=models.SET_NULL, null=True)
    action = models.CharField(max_length=20)
    object_type = models.CharField(max_length=50)
    object_id = models.CharField(max_length=64)
    object_label = models.CharField(max_length=200)
    changes = models.JSONField(default=dict)

    class Meta(AccountOwned.Meta):
        indexes = [models.Index(fields=["account", "-at"], name="audit_recent")]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_label}"

"""Settings, all from the environment; `manage.py` fills it on the embedded default."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from lyticsapp import logging as structured_logging
from lyticsapp.face.theme import UNFOLD as UNFOLD

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
ENCRYPTION_KEYS: list[str] = env.list("ENCRYPTION_KEYS")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL: str = env.str("SITE_URL", default="http://127.0.0.1:8000")

INSTALLED_APPS = [
    "lyticsapp",
    "unfold.apps.BasicAppConfig",
    "lyticsapp.face.apps.FaceAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "axes",
    "django_celery_beat",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "lyticsapp.face.apps.FaceConfig",
    "lyticsapp.accounts",
    "lyticsapp.alerts",
    "lyticsapp.authorizations",
    "lyticsapp.jobs",
    "lyticsapp.local",
    "lyticsapp.as_code",
    "segments.streams",
    "segments.profiles",
    "segments.definitions",
    "segments.membership",
    "segments.pipeline",
    "subscriptions",
]

MIDDLEWARE = [
    "lyticsapp.request_ids.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "lyticsapp.face.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "lyticsapp.urls"
WSGI_APPLICATION = "lyticsapp.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


def _database() -> dict[str, Any]:
    config = env.db_url("DATABASE_URL")
    if "postgresql" not in config["ENGINE"]:
        raise ImproperlyConfigured(
            "DATABASE_URL must name a PostgreSQL database: postgresql://user@host/name"
        )
    options = config.get("OPTIONS", {})
    return {
        **config,
        # Of a socket's directory, which Django's dbshell does not find in OPTIONS.
        "HOST": options.pop("host", config["HOST"]),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            # Django's cursors prepare nothing; those of the hot paths do.
            "prepare_threshold": 5,
            **options,
        },
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL: str = env.str("REDIS_URL")

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "pipeline"
CELERY_TASK_ROUTES = {
    "subscriptions.tasks.deliver": {"queue": "delivery"},
    "segments.pipeline.tasks.recompute": {"queue": "walks"},
    "segments.pipeline.tasks.evaluate_due": {"queue": "walks"},
    "subscriptions.tasks.backfill": {"queue": "walks"},
    "subscriptions.tasks.replay": {"queue": "walks"},
    "subscriptions.tasks.reconcile": {"queue": "walks"},
    "subscriptions.tasks.skip": {"queue": "walks"},
    "subscriptions.tasks.check": {"queue": "walks"},
    "subscriptions.tasks.prune": {"queue": "walks"},
    "subscriptions.tasks.keep_partitions": {"queue": "walks"},
    "lyticsapp.alerts.tasks.send_notices": {"queue": "delivery"},
    "lyticsapp.authorizations.tasks.check_keys": {"queue": "walks"},
    "lyticsapp.authorizations.tasks.check_connections": {"queue": "walks"},
    "lyticsapp.authorizations.tasks.watch": {"queue": "delivery"},
    "lyticsapp.jobs.tasks.check": {"queue": "walks"},
    "lyticsapp.jobs.tasks.prune": {"queue": "walks"},
    "segments.membership.tasks.check_sizes": {"queue": "walks"},
    "segments.membership.tasks.add_up_movements": {"queue": "walks"},
    "segments.membership.tasks.sweep_deleted_segments": {"queue": "walks"},
    "lyticsapp.jobs.tasks.run": {"queue": "jobs"},
    # Apart, as a sweep that waits behind long tasks finds nothing in time.
    "segments.pipeline.tasks.sweep": {"queue": "sweeps"},
    "subscriptions.tasks.sweep": {"queue": "sweeps"},
    "lyticsapp.jobs.tasks.sweep": {"queue": "sweeps"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Celery would connect anew for each task; lyticsapp.celery looks after connections.
CELERY_DB_REUSE_MAX = sys.maxsize
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_keepalive": True,
    "health_check_interval": 10,
}
CELERY_BEAT_SCHEDULER = "lyticsapp.health.presence:PresentScheduler"
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    "sweep-lanes": {
        "task": "segments.pipeline.tasks.sweep",
        "schedule": 1.0,
        "options": {"expires": 5},
    },
    "sweep-deliveries": {
        "task": "subscriptions.tasks.sweep",
        "schedule": 1.0,
        "options": {"expires": 5},
    },
    "sweep-jobs": {
        "task": "lyticsapp.jobs.tasks.sweep",
        "schedule": 1.0,
        "options": {"expires": 5},
    },
    "check-jobs": {
        "task": "lyticsapp.jobs.tasks.check",
        "schedule": 60.0,
        "options": {"expires": 50},
    },
    "check-deliveries": {
        "task": "subscriptions.tasks.check",
        "schedule": 60.0,
        "options": {"expires": 50},
    },
    "check-connections": {
        "task": "lyticsapp.authorizations.tasks.check_connections",
        "schedule": 600.0,
        "options": {"expires": 300},
    },
    "check-keys": {
        "task": "lyticsapp.authorizations.tasks.check_keys",
        "schedule": 86_400.0,
        "options": {"expires": 3600},
    },
    "prune-jobs": {
        "task": "lyticsapp.jobs.tasks.prune",
        "schedule": 21_600.0,
        "options": {"expires": 3600},
    },
    "prune-deliveries": {
        "task": "subscriptions.tasks.prune",
        "schedule": 600.0,
        "options": {"expires": 300},
    },
    "add-up-movements": {
        "task": "segments.membership.tasks.add_up_movements",
        "schedule": 60.0,
        "options": {"expires": 50},
    },
    "sweep-deleted-segments": {
        "task": "segments.membership.tasks.sweep_deleted_segments",
        "schedule": 600.0,
        "options": {"expires": 300},
    },
    "send-alert-mails": {
        "task": "lyticsapp.alerts.tasks.send_notices",
        "args": ("mail",),
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "send-alert-posts": {
        "task": "lyticsapp.alerts.tasks.send_notices",
        "args": ("webhook",),
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "check-segment-sizes": {
        "task": "segments.membership.tasks.check_sizes",
        "schedule": 60.0,
        "options": {"expires": 50},
    },
    "keep-delivery-partitions": {
        "task": "subscriptions.tasks.keep_partitions",
        "schedule": 3600.0,
    },
    "keep-partitions": {
        "task": "segments.streams.tasks.keep_partitions",
        "schedule": 3600.0,
    },
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "lyticsapp.accounts.logins.name_tried"
AXES_CLIENT_IP_CALLABLE = "lyticsapp.accounts.logins.address"
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "lyticsapp.face.entry.locked_out"

LOGGING = structured_logging.configuration(env.str("LOG_LEVEL", default="INFO").upper())

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = "lyticsapp.face.formats"

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
WHITENOISE_USE_FINDERS = True

EMAIL_TIMEOUT = 10
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="lyticsapp@localhost")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["lyticsapp.accounts.api.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["lyticsapp.accounts.api.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["lyticsapp.accounts.api.EnvelopeRenderer"],
    "DEFAULT_PARSER_CLASSES": ["lyticsapp.accounts.bodies.JsonParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "lyticsapp.accounts.bodies.Negotiation",
    "DEFAULT_SCHEMA_CLASS": "lyticsapp.openapi.ScopedSchema",
    "EXCEPTION_HANDLER": "lyticsapp.accounts.api.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "lyticsapp",
    "DESCRIPTION": "Segments, subscriptions, events and user profiles.",
    "VERSION": "1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "lyticsapp.openapi.add_refusals",
    ],
}

AWS_ENDPOINT_URL: str = env.str("AWS_ENDPOINT_URL", default="")
AWS_REGION: str = env.str("AWS_REGION", default="us-east-1")
AZURE_ENDPOINTS: list[str] = env.list("AZURE_ENDPOINTS", default=[])
AZURE_AUTHORITY_URL: str = env.str(
    "AZURE_AUTHORITY_URL", default="https://login.microsoftonline.com"
)
OUTBOUND_ADDRESSES: list[str] = env.list("OUTBOUND_ADDRESSES", default=[])
OPERATIONS_WEBHOOK_URL: str = env.str("OPERATIONS_WEBHOOK_URL", default="")
OPERATIONS_WEBHOOK_SECRET: str = env.str("OPERATIONS_WEBHOOK_SECRET", default="")
METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="")
WEBHOOK_ALLOWED_NETWORKS: list[str] = env.list("WEBHOOK_ALLOWED_NETWORKS", default=[])
COLLECT_MAX_CALL_BYTES = env.int("COLLECT_MAX_CALL_BYTES", default=10_000_000)
COLLECT_MAX_BULK_BYTES = env.int("COLLECT_MAX_BULK_BYTES", default=1_000_000_000)
COLLECT_MAX_RECORD_BYTES = env.int("COLLECT_MAX_RECORD_BYTES", default=1_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = None
PIPELINE_LANES = env.int("PIPELINE_LANES", default=16)
PIPELINE_BATCH_EVENTS = env.int("PIPELINE_BATCH_EVENTS", default=1000)
EVENT_RETENTION_DAYS = env.int("EVENT_RETENTION_DAYS", default=400)
DELIVERY_RETENTION_DAYS = env.int("DELIVERY_RETENTION_DAYS", default=30)
JOB_RETENTION_DAYS = env.int("JOB_RETENTION_DAYS", default=90)
SIZE_HISTORY_DAYS = env.int("SIZE_HISTORY_DAYS", default=100)

SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_SECURE = env.bool(
    "SECURE_COOKIES", default=SITE_URL.startswith("https:")
)
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES > 0 else None
)
SESSION_COOKIE_HTTPONLY = True

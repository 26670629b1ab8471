"""Telling the operators by a POST to OPERATIONS_WEBHOOK_URL.

Signed as Standard Webhooks (https://www.standardwebhooks.com) where
OPERATIONS_WEBHOOK_SECRET is set. The id stays the same over retries.
"""

from __future__ import annotations

import http.client
import time
from typing import Any

import orjson
from django.conf import settings

from lyticsapp.alerts import links
from lyticsapp.alerts.errors import NotSentError
from lyticsapp.alerts.models import Notice
from lyticsapp.network import outgoing
from lyticsapp.network.addresses import AddressRefusedError
from lyticsapp.network.signatures import signature
from lyticsapp.network.urls import prepared

TIMEOUT_S = 10.0


def send(notice: Notice) -> None:
    """Post one notice; raises NotSentError."""
    url: str = settings.OPERATIONS_WEBHOOK_URL
    if not url:
        raise NotSentError("OPERATIONS_WEBHOOK_URL is not set")
    content = orjson.dumps(body(notice), option=orjson.OPT_UTC_Z)
    headers = _headers(f"{notice.alert.public_id}-{notice.happening}", content)
    try:
        answer = outgoing.request(
            "POST", prepared(url), headers, content, timeout_s=TIMEOUT_S
        )
    except AddressRefusedError as error:
        raise NotSentError(str(error)) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        # Its text may hold the address, and the address a secret.
        raise NotSentError(f"no answer: {type(error).__name__}") from error
    if not 200 <= answer.status < 300:
        raise NotSentError(f"it answered {answer.status}")


def body(notice: Notice) -> dict[str, Any]:
    """What is posted."""
    alert = notice.alert
    return {
        "event": f"alert.{notice.happening}",
        "alert": {
            "id": alert.public_id,
            "kind": alert.kind,
            "severity": alert.severity,
            "title": alert.title,
            "text": alert.text,
            "raised_at": alert.raised_at,
            "cleared_at": alert.cleared_at,
            "url": links.to_alert(alert),
        },
        "subject": {
            "key": alert.subject_key,
            "label": alert.subject_label,
            "url": links.to_subject(alert),
        },
        "account": {"id": alert.account.public_id, "name": alert.account.name},
    }


def _headers(message_id: str, content: bytes) -> dict[str, str]:
    at = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": at,
    }
    secret: str = settings.OPERATIONS_WEBHOOK_SECRET
    if secret:
        headers["webhook-signature"] = signature(
            message_id, at, content, [secret.encode()]
        )
    return headers

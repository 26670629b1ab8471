"""Under which name failed logins are counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest


def name_tried(
    request: HttpRequest | None, credentials: Mapping[str, Any] | None
) -> str:
    """The address that was tried, in one spelling whatever its case."""
    tried = (credentials or {}).get("username") or ""
    if not tried and request is not None:
        tried = request.POST.get("username", "")
    return str(tried).strip().lower()

"""Under which name and address failed logins are counted."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def name_tried(
    request: HttpRequest | None, credentials: Mapping[str, Any] | None
) -> str:
    """The address that was tried, in one spelling whatever its case."""
    tried = (credentials or {}).get("username") or ""
    if not tried and request is not None:
        tried = request.POST.get("username", "")
    return str(tried).strip().lower()


def address(request: HttpRequest) -> str | None:
    """The address of the person, as the first of our own proxies saw it.

    Each proxy adds to X-Forwarded-For, at its end, whom it was called by. What stands
    before the entries of TRUSTED_PROXIES proxies came with the call: anybody can
    write it.
    """
    caller: str | None = request.META.get("REMOTE_ADDR")
    count: int = settings.TRUSTED_PROXIES
    seen = request.headers.get("X-Forwarded-For", "").split(",")
    if count < 1 or len(seen) < count:
        return caller
    try:
        return str(ipaddress.ip_address(seen[-count].strip()))
    except ValueError:
        return caller

"""Values as cells of a list show them."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

_TONES = {
    "good": {
        "delivered",
        "completed",
        "ok",
        "up",
        "enter",
        "running",
        "healthy",
        "passed",
    },
    "bad": {"dead", "failed", "down", "error", "permanent", "unhealthy"},
    "warn": {"paused", "transient", "throttled", "degraded", "warning", "warned"},
    "info": {"pending", "initializing", "sleeping", "info"},
}


def clipped_code(text: str) -> SafeString:
    """Code on one line, cut where a cell ends."""
    line = " ".join(text.split())
    return format_html('<code class="f-code-inline f-clip">{}</code>', line)


def code(text: str) -> SafeString:
    """An id or a name that programs use."""
    return format_html('<code class="f-code-inline">{}</code>', text)


def badge(text: object, kind: str = "") -> SafeString:
    """A state as a small label, coloured by what it means."""
    key = (kind or str(text)).lower()
    tone = next((name for name, keys in _TONES.items() if key in {name, *keys}), "")
    return format_html(
        '<span class="f-badge{}">{}</span>', f" f-badge-{tone}" if tone else "", text
    )

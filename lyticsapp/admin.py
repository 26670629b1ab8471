"""The part of the home page that tells whether the parts of the product run."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from lyticsapp.face import home
from lyticsapp.health import state

NAMES = {
    "web": "Web server",
    "database": "PostgreSQL",
    "redis": "Redis",
    "worker-pipeline": "Workers that apply events",
    "worker-walks": "Workers that recompute and backfill",
    "worker-delivery": "Workers that deliver messages",
    "beat": "Scheduler",
}


def _parts(request: HttpRequest) -> dict[str, Any]:
    health = state.whole()
    return {
        "ok": health.ok,
        "parts": [
            {"name": NAMES.get(key, key), "ok": part.ok, "reason": part.reason}
            for key, part in health.parts.items()
        ],
    }


home.register(
    home.HomeSection(
        key="health",
        title="System health",
        order=50,
        template="admin/face/health.html",
        context=_parts,
        wide=True,
    )
)

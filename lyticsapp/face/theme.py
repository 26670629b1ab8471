"""How the admin looks: colours and names, as django-unfold takes them."""

from __future__ import annotations

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "lyticsapp",
    "SITE_HEADER": "lyticsapp",
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "base": {
            "50": "#f7f9fb",
            "100": "#eef2f6",
            "200": "#e1e7ef",
            "300": "#c9d3e0",
            "400": "#94a3b8",
            "500": "#5b697d",
            "600": "#475569",
            "700": "#334155",
            "800": "#1e293b",
            "900": "#0f172a",
            "950": "#080d1a",
        },
        "primary": {
            "50": "#eefaf8",
            "100": "#d3f3ee",
            "200": "#a7e7de",
            "300": "#72d4c8",
            "400": "#3dbbae",
            "500": "#2dd4bf",
            "600": "#0b7a72",
            "700": "#0a625c",
            "800": "#0c4f4b",
            "900": "#0f423f",
            "950": "#052725",
        },
    },
}

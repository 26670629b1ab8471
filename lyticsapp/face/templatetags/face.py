"""What templates of several pages show: bars, badges, durations, code to copy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.conf import settings
from django.contrib import admin
from django.db.models.options import Options
from django.template import Context
from django.utils import timezone
from django.utils.formats import localize
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.settings import get_config

from lyticsapp.face import shown

register = template.Library()

BAR_HEIGHT = 100


@dataclass(frozen=True, slots=True)
class Bar:
    """One column of a bar chart."""

    x: float
    width: float
    height: float
    y: float
    label: str


@register.inclusion_tag("admin/face/bars.html")
def bars(
    points: Sequence[tuple[datetime, int]], what: str, summary: str = ""
) -> dict[str, Any]:
    """Columns over time; the numbers are told to those who cannot see them.

    `summary` is for numbers that are not to be added up.
    """
    most = max((count for _, count in points), default=0)
    step = 100 / max(len(points), 1)
    columns = []
    for index, (at, count) in enumerate(points):
        height = count / most * BAR_HEIGHT if most else 0
        label = f"{timezone.localtime(at):%d %b %H:%M}: {count:,} {what}"
        columns.append(
            Bar(index * step, step * 0.8, height, BAR_HEIGHT - height, label)
        )
    total = sum(count for _, count in points)
    return {
        "columns": columns,
        "summary": summary
        or f"{total:,} {what} in {len(points)} hours, at most {most:,} in one",
        "first": points[0][0] if points else None,
        "last": points[-1][0] if points else None,
        "step": step,
    }


register.simple_tag(shown.badge)


@register.simple_tag
def theme_colors() -> SafeString:
    """The colours of the theme, for pages before the login and errors, too."""
    config = get_config()
    colors = [
        (f"--color-{name}-{weight}", value)
        for name, weights in config["COLORS"].items()
        for weight, value in weights.items()
    ]
    variables = [*colors, ("--border-radius", config["BORDER_RADIUS"])]
    return format_html_join(" ", "{}: {};", variables)


@register.simple_tag
def list_title(opts: Options[Any]) -> str:
    """What the list of a model's rows is called."""
    page = admin.site._registry.get(opts.model) if opts.model else None
    own = getattr(page, "menu_title", "")
    plural = str(opts.verbose_name_plural)
    return own or plural[:1].upper() + plural[1:]


@register.simple_tag(takes_context=True)
def page_title(context: Context) -> str:
    """The heading of a page: the list's name, the object, or what is being done."""
    if "list_heading" in context:
        return str(context["list_heading"])
    if "cl" in context:
        return list_title(context["cl"].opts)
    adminform = context.get("adminform")
    if adminform is not None:
        if context.get("add"):
            return str(adminform.model_admin.add_label)
        return str(context.get("object_title") or context["original"])
    return str(context.get("title") or "")


@register.filter
def pretty_json(value: Any) -> str:
    """A JSON value as people read it."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


@register.filter
def compact_json(value: Any) -> str:
    """A JSON value on one line."""
    return json.dumps(value, ensure_ascii=False, default=str)


@register.filter
def count(number: int) -> str:
    """A number of things, with its thousands apart."""
    return f"{number:,}"


@register.filter
def field_value(value: Any) -> Any:
    """A field's value as people read it: instants in their zone, lists as JSON."""
    if isinstance(value, datetime):
        return localize(timezone.localtime(value))
    return value if isinstance(value, str) else compact_json(value)


@register.simple_tag
def first_event_curl() -> str:
    """The line that sends a first event, for a shell that knows the token."""
    return (
        'export TOKEN="the text of your token"\n'
        f"curl -s -XPOST {settings.SITE_URL}/collect/json/demo \\\n"
        '  -H "Authorization: $TOKEN" -H "Content-Type: application/json" \\\n'
        """  -d '{"user_id": "user123", "email": "user123@example.com", """
        """"paying_user": "t"}'"""
    )


@register.filter
def milliseconds(value: int | None) -> str:
    """A duration of milliseconds, as short as it can be said."""
    if value is None:
        return "—"
    return f"{value:,} ms" if value < 10_000 else f"{value / 1000:.1f} s"


@register.filter
def lasting(value: timedelta | float | None) -> str:
    """A duration in its largest fitting unit."""
    if value is None:
        return "—"
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


@register.filter
def percent_of(done: int, total: int | None) -> int:
    """How far something is, 0 to 100."""
    return min(100, round(100 * done / total)) if total else 0


@register.inclusion_tag("admin/face/code_box.html")
def code_box(key: str, text: str) -> dict[str, str]:
    """Text to be copied, with a button that copies it."""
    return {"key": key, "text": text}

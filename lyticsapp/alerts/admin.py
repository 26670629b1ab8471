"""Alerts: what is open, what was, and who looks after it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from lyticsapp.accounts.models import Role
from lyticsapp.alerts import kinds, lifecycle, mail
from lyticsapp.alerts.models import Alert
from lyticsapp.face import current, home
from lyticsapp.face.declared import ObjectPage, Question
from lyticsapp.face.model_admin import ReadOnly, actor
from lyticsapp.face.shown import badge

HOME_SHOWN = 5


class StateFilter(admin.SimpleListFilter):
    """Open ones or those that are over."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() is None:
            return queryset
        return queryset.filter(cleared_at__isnull=self.value() == "open")


class KindFilter(admin.SimpleListFilter):
    """Those of a kind."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.name, kind.title) for kind in kinds.everything()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.value()
        return queryset if chosen is None else queryset.filter(kind=chosen)


@admin.register(Alert)
class AlertAdmin(ReadOnly):
    """What somebody of the account should look at."""

    menu_group = "Account"
    menu_icon = "warning"
    menu_order = 5
    intro = (
        "Admins get a mail when an alert is raised and when it is over. It ends by "
        "itself, as soon as what it is about is in order again."
    )
    empty_title = "No alerts yet"
    empty_text = (
        "An alert appears here when something needs attention, such as a segment that "
        "grows or shrinks past the sizes set on its page."
    )

    list_display = ["title", "state", "kind_shown", "raised", "over"]
    list_select_related = ["acknowledged_by"]
    list_filter = [StateFilter, KindFilter]
    search_fields = ["title", "text", "subject_label"]
    search_help_text = "Title, text or subject"
    ordering = ["-raised_at", "-pk"]
    list_before_template = "admin/alerts/mail_off.html"
    change_form_template = "admin/alerts/alert.html"
    object_pages = (
        ObjectPage(
            path="acknowledge",
            view="acknowledge_view",
            label="Acknowledge",
            icon="check",
            role=Role.EDITOR,
            shown=lambda alert: not (alert.cleared_at or alert.acknowledged_at),
        ),
    )

    def menu_count(self, request: HttpRequest) -> int:
        """How many are open."""
        return open_ones(request).count()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The list, and above it whether its mails reach anybody."""
        context = {**(extra_context or {}), "mail_is_off": _mail_is_off(request)}
        return super().changelist_view(request, context)

    @admin.display(description="state", ordering="cleared_at")
    def state(self, alert: Alert) -> str:
        return state_badge(alert)

    @admin.display(description="raised", ordering="raised_at")
    def raised(self, alert: Alert) -> datetime:
        return alert.raised_at

    @admin.display(description="over", ordering="cleared_at")
    def over(self, alert: Alert) -> datetime | None:
        return alert.cleared_at

    @admin.display(description="kind", ordering="kind")
    def kind_shown(self, alert: Alert) -> str:
        return kinds.get(alert.kind).title

    def object_context(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:
        """What the kind means, and how its notices fared."""
        return {
            "kind": kinds.get(obj.kind),
            "state": state_badge(obj),
            "notices": obj.notices.select_related("member__user").order_by("pk"),
        }

    def acknowledge_view(self, request: HttpRequest, obj: Alert) -> HttpResponse:
        """Tell the others that one looks after it."""
        question = Question(
            title="Acknowledge",
            text="The others see that you look after it. The alert stays open until "
            "what it is about is in order again.",
            button="Acknowledge",
        )
        return self.ask(request, obj, question, lambda: _acknowledged(request, obj))


def open_ones(request: HttpRequest) -> QuerySet[Alert]:
    """The open alerts of the account one looks at."""
    rows: QuerySet[Alert] = Alert.objects.for_account(current.account(request))
    return rows.filter(cleared_at=None)


def state_badge(alert: Alert) -> str:
    """Open, acknowledged or over."""
    if alert.cleared_at is not None:
        return badge("Over", "good")
    if alert.acknowledged_at is not None:
        return badge("Acknowledged", "info")
    severe = {"warning": "warn", "critical": "bad"}
    return badge("Open", severe[alert.severity])


def _acknowledged(request: HttpRequest, alert: Alert) -> str:
    taken = lifecycle.acknowledge(alert, actor(request))
    return "Acknowledged." if taken else "It was acknowledged or over already."


def _mail_is_off(request: HttpRequest) -> bool:
    """Whether to say so: to admins, whom mails would reach."""
    return current.place(request).allows(Role.ADMIN) and not mail.is_on()


def _newest(request: HttpRequest) -> dict[str, Any]:
    found = open_ones(request)
    newest = found.order_by("-raised_at", "-pk")[:HOME_SHOWN]
    return {
        "alerts": [{"alert": alert, "state": state_badge(alert)} for alert in newest],
        "total": found.count(),
        "shown": HOME_SHOWN,
        "mail_is_off": _mail_is_off(request),
    }


home.register(
    home.HomeSection(
        key="alerts",
        title="Alerts",
        order=5,
        template="admin/alerts/home.html",
        context=_newest,
        wide=True,
    )
)

"""Messages, what became of each, and sending them again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import URLPattern, path, reverse

from lyticsapp.accounts.models import Role
from lyticsapp.face import current
from lyticsapp.face.declared import Button
from lyticsapp.face.model_admin import ReadOnly
from lyticsapp.face.shown import badge, code
from segments.profiles.models import Profile
from subscriptions import delivery_lines
from subscriptions.admin import replay_page
from subscriptions.admin.delivery_filters import FILTERS, NOT_FOUND
from subscriptions.admin.replay_page import asked_for, selected
from subscriptions.models import Attempt, Delivery


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    """Messages, what became of each, and every try."""

    menu_group = "Triggers"
    menu_icon = "outbox"
    menu_order = 20
    intro = "Each message to a subscriber, newest first, with every try to deliver it."
    empty_title = "No messages yet"
    empty_text = (
        "A message appears when a user enters or leaves a segment that has a "
        "subscription."
    )

    list_display = [
        "message",
        "subscription",
        "events",
        "cause",
        "state_shown",
        "outcome_shown",
        "attempts",
        "created_at",
    ]
    list_select_related = ["subscription"]
    list_filter = FILTERS
    search_fields = ["message_id"]
    search_help_text = "Message id, or identity of a user"
    nothing_found = "No message is like that. Ids and identities are looked for whole."
    ordering = ["-pk"]
    sortable_by = ()
    actions = ["replay_chosen"]
    change_form_template = "admin/subscriptions/delivery.html"

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"{name}/",
                self.admin_site.admin_view(view),
                name=f"subscriptions_delivery_{name}",
            )
            for name, view in (("replay", self.replay_view), ("lines", self.lines_view))
        ]
        return [*own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("subscription__secrets")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The message of this id, or those about the user of this identity."""
        account = current.account(request)
        try:
            said = asked_for(account, {"q": search_term})
        except NOT_FOUND:
            return queryset.none(), False
        return queryset.filter(said.condition(account.pk)), False

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Who may have messages sent again."""
        return self.allows(request, Role.EDITOR)

    @admin.action(description="Send again", permissions=["replay"])
    def replay_chosen(self, request: HttpRequest, rows: QuerySet[Any]) -> Any:
        ids = ",".join(map(str, rows.values_list("pk", flat=True)))
        return HttpResponseRedirect(f"{_url('replay')}?ids={ids}")

    def list_buttons(self, request: HttpRequest) -> list[Button]:
        """For all messages that the list now shows."""
        query = request.GET.urlencode()
        replay = Button("Send all again", f"{_url('replay')}?{query}", "replay")
        lines = Button("JSON lines", f"{_url('lines')}?{query}", "download")
        return [*([replay] if self.has_replay_permission(request) else []), lines]

    def buttons(self, request: HttpRequest, obj: Any) -> list[Button]:
        """Sending one message again."""
        if obj.ended_at is None or not self.has_replay_permission(request):
            return []
        return [Button("Send again", f"{_url('replay')}?ids={obj.pk}", "replay")]

    def replay_view(self, request: HttpRequest) -> HttpResponse:
        """Ask, with their count, before messages are sent again."""
        return replay_page.respond(self, request)

    def lines_view(self, request: HttpRequest) -> StreamingHttpResponse:
        """The messages that the list shows, as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        account = current.account(request)
        return StreamingHttpResponse(
            delivery_lines.lines(account.pk, selected(account, request.GET)),
            content_type="application/x-ndjson",
            headers={"Content-Disposition": 'attachment; filename="deliveries.jsonl"'},
        )

    @admin.display(description="message")
    def message(self, delivery: Delivery) -> str:
        return code(str(delivery.message_id)[:8])

    @admin.display(description="what")
    def events(self, delivery: Delivery) -> str:
        return ", ".join(
            f"{each['event']} {each['slug']}" for each in segment_events(delivery)
        )

    @admin.display(description="state")
    def state_shown(self, delivery: Delivery) -> str:
        return badge(delivery.get_state_display(), delivery.state)

    @admin.display(description="last try")
    def outcome_shown(self, delivery: Delivery) -> str:
        return delivery.outcome.capitalize() or self.get_empty_value_display()

    def object_context(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:
        """Every try, and the user it is about."""
        tries = Attempt.objects.for_account(obj.account_id).filter(delivery=obj)
        profiles = Profile.objects.for_account(obj.account_id)
        return {
            "tries": tries.order_by("-at", "-pk"),
            "events": segment_events(obj),
            "profile": profiles.filter(pk=obj.profile_id).first(),
        }


def segment_events(delivery: Delivery) -> list[dict[str, Any]]:
    """What a message tells: who entered or left what."""
    data = delivery.payload.get("data", {})
    events: list[dict[str, Any]] = data.get("segment_events", [])
    return events


def _url(name: str) -> str:
    return reverse(f"admin:subscriptions_delivery_{name}")

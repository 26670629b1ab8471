"""Streams: what comes in, hour by hour, and what could not be accepted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from lyticsapp.accounts.models import Account
from lyticsapp.face import current, home
from lyticsapp.face.declared import ObjectPage
from lyticsapp.face.filters import AccountRelatedFilter
from lyticsapp.face.model_admin import ReadOnly
from segments.streams import figures, rejected
from segments.streams.models import RejectedRecord, Stream

RECENT_EVENTS = 25
RECENT_REJECTED = 5
RAW_SHOWN_BYTES = 20_000


@admin.register(Stream)
class StreamAdmin(ReadOnly):
    """The streams of the account."""

    menu_group = "Events"
    menu_icon = "stream"
    menu_order = 10
    intro = "A stream appears with its first event."
    empty_title = "No events yet"
    empty_template = "admin/streams/send_first_event.html"

    list_display = ["name", "last_day", "created_at"]
    search_fields = ["name"]
    search_help_text = "Name"
    ordering = ["name"]
    change_form_template = "admin/streams/stream.html"
    object_pages = (
        ObjectPage(
            path="figures", view="figures_view", label="Figures", in_header=False
        ),
        ObjectPage(
            path="rejected",
            view="rejected_view",
            label="Rejected records",
            in_header=False,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return figures.with_last_day(super().get_queryset(request))

    @admin.display(description="events in 24 hours", ordering="last_day")
    def last_day(self, stream: Any) -> str:
        return f"{stream.last_day:,}"

    def object_context(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:
        """Events by hour, the newest events and the newest rejected records."""
        records = RejectedRecord.objects.for_account(obj.account_id)
        return {
            **self._figures(obj),
            "events": figures.recent_events(obj, RECENT_EVENTS),
            "rejected": records.filter(stream=obj).order_by("-received_at", "-pk")[
                :RECENT_REJECTED
            ],
            "figures_url": self.page_url("figures", obj),
            "rejected_url": self.page_url("rejected", obj),
        }

    def figures_view(self, request: HttpRequest, obj: Stream) -> Any:
        """The events by hour again, for a page that stays open."""
        return self.object_page(
            request,
            obj,
            title=obj.name,
            template="admin/streams/figures.html",
            context=self._figures(obj),
        )

    def rejected_view(self, request: HttpRequest, obj: Stream) -> StreamingHttpResponse:
        """The rejected records as they came in, to be mended and sent again."""
        return StreamingHttpResponse(
            rejected.raw_lines(obj),
            content_type="application/octet-stream",
            headers={
                "Content-Disposition": f'attachment; filename="{obj.name}.rejected"'
            },
        )

    @staticmethod
    def _figures(stream: Stream) -> dict[str, Any]:
        hours = figures.by_hour(stream.account, stream)
        return {
            "hours": hours,
            "total": sum(count for _, count in hours),
            "without_identity": figures.without_identity(stream),
        }


@admin.register(RejectedRecord)
class RejectedAdmin(ReadOnly):
    """Records that could not be accepted, as they came."""

    menu_group = "Events"
    menu_icon = "block"
    menu_order = 20
    intro = (
        "Kept as they came in, with the reason. Mend the sender and send them again."
    )
    empty_title = "Nothing was rejected"
    empty_text = "A record that cannot be accepted is kept here with the reason."

    list_display = ["reason_shown", "stream", "position", "filename", "received_at"]
    list_select_related = ["stream"]
    list_filter = [("stream", AccountRelatedFilter)]
    search_fields = ["reason", "filename"]
    search_help_text = "Reason or file name"
    ordering = ["-received_at", "-pk"]
    change_form_template = "admin/streams/rejected.html"

    @admin.display(description="reason", ordering="reason")
    def reason_shown(self, record: RejectedRecord) -> str:
        return str(record)

    def object_context(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:
        """The record as it came, as far as it can be shown."""
        raw = bytes(obj.raw)
        return {
            "raw": raw[:RAW_SHOWN_BYTES].decode("utf-8", "backslashreplace"),
            "raw_bytes": len(raw),
            "is_cut": len(raw) > RAW_SHOWN_BYTES,
        }


def _events_by_hour(request: HttpRequest) -> dict[str, Any]:
    account: Account = current.account(request)
    hours = figures.by_hour(account)
    return {
        "hours": hours,
        "total": sum(count for _, count in hours),
        "backlog": figures.backlog(account, now=timezone.now()),
        "rejected": figures.rejected_last_day(account),
        "has_streams": Stream.objects.for_account(account).exists(),
    }


def _has_events(request: HttpRequest) -> bool:
    return Stream.objects.for_account(current.account(request)).exists()


home.register(
    home.HomeSection(
        key="events",
        title="Events in 24 hours",
        order=10,
        template="admin/streams/home.html",
        context=_events_by_hour,
        wide=True,
    )
)
home.register_first_step(
    home.FirstStep(
        order=10,
        title="Send an event",
        template="admin/streams/send_first_event.html",
        is_done=_has_events,
    )
)

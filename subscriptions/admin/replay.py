"""Replays: messages that are sent again, watched and cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from lyticsapp.accounts.models import Account, Role
from lyticsapp.face.declared import ObjectPage, Question
from lyticsapp.face.model_admin import ReadOnly, actor
from lyticsapp.face.shown import badge
from segments.definitions.models import Segment
from subscriptions import lookup, replay, selection
from subscriptions.models import Replay


@admin.register(Replay)
class ReplayAdmin(ReadOnly):
    """Messages that are sent again."""

    menu_group = "Triggers"
    menu_icon = "replay"
    menu_order = 30
    intro = (
        "Messages that were sent again, or are being sent again: those chosen among "
        "the deliveries."
    )
    empty_title = "Nothing was sent again yet"
    empty_text = "Choose messages among the deliveries, and send them again from there."

    list_display = ["label", "state", "progress", "per_second", "created_by", "created"]
    list_select_related = ["created_by"]
    ordering = ["-pk"]
    sortable_by = ()
    change_form_template = "admin/subscriptions/replay.html"
    object_pages = (
        ObjectPage(
            path="cancel",
            view="cancel_view",
            label="Cancel",
            icon="cancel",
            role=Role.EDITOR,
            shown=lambda begun: begun.ended_at is None,
        ),
        ObjectPage(path="live", view="live_view", label="Progress", in_header=False),
    )

    def rows_of(self, account: Account) -> QuerySet[Any]:
        return super().rows_of(account).select_related("created_by")

    @admin.display(description="replay")
    def label(self, begun: Replay) -> str:
        return str(begun)

    @admin.display(description="state")
    def state(self, begun: Replay) -> str:
        return badge(*_state(begun))

    @admin.display(description="sent again")
    def progress(self, begun: Replay) -> str:
        total = "…" if begun.total is None else f"{begun.total:,}"
        return f"{begun.done:,} of {total}"

    @admin.display(description="begun")
    def created(self, begun: Replay) -> Any:
        return begun.created_at

    def object_context(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:
        """What is sent again, and how far it has come."""
        return {
            **_live(obj),
            "said": _said(obj),
            "live_url": self.page_url("live", obj),
        }

    def live_view(self, request: HttpRequest, obj: Replay) -> HttpResponse:
        """How far it has come, for a page that stays open."""
        return render(request, "admin/subscriptions/replay_live.html", _live(obj))

    def cancel_view(self, request: HttpRequest, obj: Replay) -> HttpResponse:
        """Write no more of it, after asking."""
        question = Question(
            title=f"Cancel {obj}?",
            text="No more messages are written. Those that were are sent all the same.",
            button="Cancel it",
        )

        def cancel() -> str:
            replay.cancel(obj, actor(request))
            return "Cancelled."

        return self.ask(request, obj, question, cancel)


def _live(begun: Replay) -> dict[str, Any]:
    left = None if begun.total is None else max(0, begun.total - begun.done)
    return {
        "original": begun,
        "state": _state(begun),
        "seconds_left": left and left / begun.per_second,
    }


def _state(begun: Replay) -> tuple[str, str]:
    if begun.is_cancelled:
        return "Cancelled", "paused"
    return ("Done", "completed") if begun.ended_at else ("Under way", "info")


def _said(begun: Replay) -> list[tuple[str, Any]]:
    """What the messages were selected by, for people."""
    wanted = selection.read(begun.selection)
    subscriptions = lookup.listing(begun.account)
    segments = Segment.objects.for_account(begun.account_id)
    said = {
        "Chosen": f"{len(wanted.ids):,}" if wanted.ids else "",
        "Message": wanted.message_id,
        "Subscription": subscriptions.filter(pk=wanted.subscription_id or 0).first(),
        "Segment": segments.filter(pk=wanted.segment_id or 0).first(),
        "State": wanted.state.capitalize(),
        "Last try": wanted.outcome.capitalize(),
        "Cause": wanted.cause.capitalize(),
        "Profile": wanted.profile_id,
        "Since": wanted.since,
        "Until": wanted.until,
    }
    return [(name, value) for name, value in said.items() if value]

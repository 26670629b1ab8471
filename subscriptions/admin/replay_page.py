"""The page that asks, with their count, before messages are sent again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from lyticsapp.accounts.models import Account
from lyticsapp.face import current
from lyticsapp.face.model_admin import actor
from subscriptions import replay, selection_query
from subscriptions.admin.delivery_filters import NOT_FOUND
from subscriptions.errors import NothingToReplayError
from subscriptions.selection import Selection

if TYPE_CHECKING:
    from subscriptions.admin.delivery import DeliveryAdmin


class ReplayForm(forms.Form):
    """How fast."""

    per_second = forms.IntegerField(
        min_value=1,
        max_value=replay.MOST_PER_SECOND,
        initial=replay.PER_SECOND,
        label="Messages a second, at most",
        widget=UnfoldAdminIntegerFieldWidget,
    )


def respond(page: DeliveryAdmin, request: HttpRequest) -> HttpResponse:
    """Ask; once confirmed, begin, and go to the page where it is watched."""
    if not page.has_replay_permission(request):
        raise PermissionDenied
    account = current.account(request)
    wanted = selected(account, request.GET)
    form = ReplayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _begin(request, account, wanted, form.cleaned_data["per_second"])
    return TemplateResponse(
        request,
        "admin/subscriptions/replay_question.html",
        {
            **page.admin_site.each_context(request),
            "opts": page.opts,
            "title": "Send messages again?",
            "count": replay.preview(account, wanted),
            "said": _said(request.GET),
            "form": form,
            "back_url": f"{page.list_url()}?{_list_query(request)}",
        },
    )


def asked_for(account: Account, query: Mapping[str, Any]) -> Selection:
    """The messages that a list's query means; its search is for an id or a user."""
    term = str(query.get("q") or "").strip()
    searched = {"message" if _is_uuid(term) else "user": term} if term else {}
    return selection_query.read(account, {**query, **searched})


def selected(account: Account, query: Any) -> Selection:
    """As `asked_for`, for pages of their own: what means nothing is not found."""
    try:
        return asked_for(account, query.dict())
    except NOT_FOUND as error:
        raise Http404(str(error)) from error


def _begin(
    request: HttpRequest, account: Account, wanted: Selection, per_second: int
) -> HttpResponse:
    try:
        begun = replay.start(account, wanted, actor(request), per_second=per_second)
    except NothingToReplayError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(request.get_full_path())
    return HttpResponseRedirect(
        reverse("admin:subscriptions_replay_change", args=[begun.pk])
    )


def _said(query: Mapping[str, str]) -> list[tuple[str, str]]:
    """What the messages were selected by, for people."""
    names = ("q", *selection_query.PARAMETERS)
    return [(name, query[name]) for name in names if query.get(name)]


def _list_query(request: HttpRequest) -> str:
    kept = request.GET.copy()
    kept.pop("ids", None)
    return kept.urlencode()


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True

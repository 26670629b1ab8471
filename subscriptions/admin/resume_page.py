"""The page that asks what becomes of the messages that a pause has collected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from lyticsapp.face.model_admin import actor
from lyticsapp.jobs.errors import JobError
from subscriptions import figures, skip
from subscriptions.models import Backlog, Subscription

if TYPE_CHECKING:
    from subscriptions.admin.subscription import SubscriptionAdmin

EXPLAINED = {
    Backlog.ALL: "Every message that was collected is sent, each user's in their order.",
    Backlog.LATEST: "Of each user, only what is the newest of each segment is sent. "
    "What a later message tells as well is skipped.",
    Backlog.NONE: "What was collected is skipped. Only what happens from now on is sent.",
}


def respond(
    page: SubscriptionAdmin, request: HttpRequest, subscription: Subscription
) -> HttpResponse:
    """Ask; once chosen, resume."""
    url = page.page_url("change", subscription)
    chosen = request.POST.get("mode", "")
    if request.method != "POST" or chosen not in Backlog.values:
        context = {
            "waiting": figures.pending(subscription),
            "most": figures.COUNTED_AT_MOST,
            "choices": [(each, EXPLAINED[each]) for each in Backlog],
            "back_url": url,
        }
        return page.object_page(
            request,
            subscription,
            title=f"Resume “{subscription}”?",
            template="admin/subscriptions/resume.html",
            context=context,
        )
    try:
        skip.resume(subscription, Backlog(chosen), actor(request))
    except JobError as refused:
        messages.error(request, str(refused))
    else:
        told = "Resumed." if chosen == Backlog.ALL else "Messages are being skipped."
        messages.success(request, told)
    return HttpResponseRedirect(url)

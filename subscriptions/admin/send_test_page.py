"""The page that sends a test, and tells what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from lyticsapp.face.model_admin import actor
from subscriptions import sample, send_test
from subscriptions.errors import NotSentError
from subscriptions.models import Subscription

if TYPE_CHECKING:
    from subscriptions.admin.subscription import SubscriptionAdmin


def respond(
    page: SubscriptionAdmin, request: HttpRequest, subscription: Subscription
) -> HttpResponse:
    """Show the message; once asked, send it."""
    context: dict[str, Any] = {"test_url": page.page_url("test", subscription)}
    if request.method == "POST":
        context |= _sent(request, subscription)
        if request.headers.get("HX-Request"):
            return render(request, "admin/subscriptions/tested.html", context)
    else:
        context |= {"message": sample.of_subscription(subscription).content}
    return page.object_page(
        request,
        subscription,
        title="Send test",
        template="admin/subscriptions/test.html",
        context=context,
    )


def _sent(request: HttpRequest, subscription: Subscription) -> dict[str, Any]:
    try:
        tested = send_test.send(subscription, actor(request))
    except NotSentError as error:
        return {"refused": str(error)}
    return {"outcome": tested.outcome, "message": tested.message}

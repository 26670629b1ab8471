"""The backfill of a subscription, on its pages: watched, steered, begun."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from lyticsapp.accounts.models import Role
from lyticsapp.declaration.errors import DeclarationError
from lyticsapp.face.declared import Question
from lyticsapp.face.errors import refused_at
from lyticsapp.face.model_admin import actor
from subscriptions import backfill, backfill_control, forecast
from subscriptions.common_settings import BACKFILL_RATE_LIMIT
from subscriptions.errors import BackfillStateError
from subscriptions.models import Backfill, BackfillState, Subscription

if TYPE_CHECKING:
    from subscriptions.admin.subscription import SubscriptionAdmin


class RateForm(forms.Form):
    """How fast."""

    rate_limit = forms.IntegerField(
        required=False,
        min_value=1,
        label=BACKFILL_RATE_LIMIT.label,
        help_text=BACKFILL_RATE_LIMIT.help,
        widget=UnfoldAdminIntegerFieldWidget,
    )


def shown(
    page: SubscriptionAdmin, request: HttpRequest, subscription: Subscription
) -> dict[str, Any]:
    """What the pages tell of it, where there is anything to tell or to do."""
    walk = backfill.of(subscription)
    if walk is None or _is_over(walk):
        return {"backfill": None}
    is_paused = walk.state == BackfillState.PAUSED
    return {
        "backfill": walk,
        "standstill": backfill.standstill(subscription),
        "rate_limit": subscription.config.get(BACKFILL_RATE_LIMIT.name),
        "may_steer": page.allows(request, Role.EDITOR, subscription),
        "turn_url": page.page_url(
            "backfill_resume" if is_paused else "backfill_pause", subscription
        ),
        "rate_url": page.page_url("backfill_rate", subscription),
        "cancel_url": page.page_url("backfill_cancel", subscription),
        "begin_url": page.page_url("backfill_begin", subscription),
    }


def pause(
    page: SubscriptionAdmin, request: HttpRequest, subscription: Subscription
) -> HttpResponse:
    """Pause it at once."""
    return _turn(page, request, subscription, BackfillState.PAUSED)


def resume(
    page: SubscriptionAdmin, request: HttpRequest, subscription: Subscription
) -> HttpResponse:
    """Go on with it at once."""
    return _turn(page, request, subscription, BackfillState.GOING)


def cancel(
    page: SubscriptionAdmin, request: HttpRequest, subscription: Subscription
) -> HttpResponse:
    """End it, after asking."""
    question = Question(
        title="Tell no more existing users?",
        text="No more messages about existing users are written; those that were are "
        "sent. When one who was not told of leaves, the destination gets an exit it "
        "had no enter for. You can begin again later: nobody is told of twice.",
        button="Tell no more",
    )

    def end() -> str:
        with refused_at(BackfillStateError):
            backfill_control.cancel(subscription, actor(request))
        return "Cancelled."

    return page.ask(request, subscription, question, end)


def begin(
    page: SubscriptionAdmin, request: HttpRequest, subscription: Subscription
) -> HttpResponse:
    """Tell how much it will be; once confirmed, tell of all who are not known."""
    if request.method != "POST":
        return page.object_page(
            request,
            subscription,
            title=f"Tell “{subscription}” of all existing users?",
            template="admin/subscriptions/backfill_begin.html",
            context={"forecast": forecast.again(subscription, is_sample=False)},
        )
    try:
        backfill_control.begin(subscription, actor(request), is_sample=False)
    except (BackfillStateError, DeclarationError) as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Existing users are being told of.")
    return HttpResponseRedirect(page.page_url("change", subscription))


def set_rate(
    page: SubscriptionAdmin, request: HttpRequest, subscription: Subscription
) -> HttpResponse:
    """Show the rate limit, or change it."""
    limit = subscription.config.get(BACKFILL_RATE_LIMIT.name)
    form = RateForm(request.POST or None, initial={"rate_limit": limit})
    if form.is_valid() and _is_set(request, subscription, form):
        messages.success(request, "Saved. It counts from now on.")
        return HttpResponseRedirect(page.page_url("change", subscription))
    return page.object_page(
        request,
        subscription,
        title="Rate limit of existing users",
        template="admin/face/short_form.html",
        context={"form": form},
    )


def _is_over(walk: Backfill) -> bool:
    """Whether everybody was told of."""
    return walk.state == BackfillState.ENDED and not walk.is_sample


def _turn(
    page: SubscriptionAdmin,
    request: HttpRequest,
    subscription: Subscription,
    state: BackfillState,
) -> HttpResponse:
    refused = ""
    if request.method == "POST":
        is_pause = state is BackfillState.PAUSED
        steer = backfill_control.pause if is_pause else backfill_control.resume
        try:
            steer(subscription, actor(request))
        except BackfillStateError as error:
            refused = str(error)
    if request.headers.get("HX-Request"):
        return page.live(request, subscription, refused=refused)
    if refused:
        messages.error(request, refused)
    return HttpResponseRedirect(page.page_url("change", subscription))


def _is_set(request: HttpRequest, subscription: Subscription, form: RateForm) -> bool:
    per_second = form.cleaned_data["rate_limit"]
    try:
        backfill_control.set_rate_limit(subscription, per_second, actor(request))
    except DeclarationError as error:
        form.add_error("rate_limit", str(error))
        return False
    return True

"""Subscriptions: set up, watched, paused and resumed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from lyticsapp.accounts.models import Account, Role
from lyticsapp.face import current, home
from lyticsapp.face.declared import Deletion, ObjectPage, Question
from lyticsapp.face.errors import refused_at
from lyticsapp.face.model_admin import AccountModelAdmin, actor
from lyticsapp.face.shown import badge
from lyticsapp.jobs import job_page, workflow
from lyticsapp.jobs.errors import JobError
from lyticsapp.jobs.models import JobState
from subscriptions import charts, figures, lifecycle, lookup, skip
from subscriptions.admin import backfill_page, ledger_page, resume_page, send_test_page
from subscriptions.figures import DAY_HOURS
from subscriptions.models import Delivery, Subscription

RECENT_DELIVERIES = 20


@admin.register(Subscription)
class SubscriptionAdmin(AccountModelAdmin):
    """Who is told when users enter and leave segments."""

    menu_group = "Triggers"
    menu_icon = "notifications_active"
    menu_order = 10
    add_label = "New subscription"
    empty_title = "No subscriptions yet"
    empty_text = (
        "A subscription sends a message to your system whenever a user enters or "
        "leaves one of its segments."
    )

    list_display = [
        "label",
        "channel",
        "segment_names",
        "state",
        "waiting_shown",
        "updated_at",
    ]
    search_fields = ["name", "public_id", "segments__slug"]
    search_help_text = "Name, id or slug of a segment"
    list_filter = ["job__state"]
    change_form_template = "admin/subscriptions/subscription.html"
    object_pages = (
        ObjectPage(
            path="edit", view="edit_view", label="Edit", icon="edit", role=Role.EDITOR
        ),
        ObjectPage(
            path="pause",
            view="pause_view",
            label="Pause",
            icon="pause",
            role=Role.EDITOR,
            shown=lambda subscription: subscription.job.state == JobState.RUNNING,
        ),
        ObjectPage(
            path="resume",
            view="resume_view",
            label="Resume",
            icon="play_arrow",
            role=Role.EDITOR,
            shown=lambda subscription: subscription.job.state == JobState.PAUSED,
        ),
        ObjectPage(
            path="restart",
            view="restart_view",
            label="Restart",
            icon="restart_alt",
            role=Role.EDITOR,
            shown=lambda subscription: subscription.job.state == JobState.FAILED,
        ),
        ObjectPage(
            path="test",
            view="test_view",
            label="Send test",
            icon="send",
            role=Role.EDITOR,
        ),
        ObjectPage(path="ledger", view="ledger_view", label="Ledger", icon="menu_book"),
        ObjectPage(
            path="ledger_live",
            view="ledger_live_view",
            label="Comparison",
            in_header=False,
        ),
        ObjectPage(
            path="compare",
            view="compare_view",
            label="Compare",
            role=Role.EDITOR,
            in_header=False,
        ),
        ObjectPage(
            path="correct",
            view="correct_view",
            label="Send corrections",
            role=Role.EDITOR,
            in_header=False,
        ),
        ObjectPage(
            path="cancel_compare",
            view="cancel_compare_view",
            label="Cancel the comparison",
            role=Role.EDITOR,
            in_header=False,
        ),
        ObjectPage(
            path="backfill_pause",
            view="backfill_pause_view",
            label="Pause the backfill",
            role=Role.EDITOR,
            in_header=False,
        ),
        ObjectPage(
            path="backfill_resume",
            view="backfill_resume_view",
            label="Resume the backfill",
            role=Role.EDITOR,
            in_header=False,
        ),
        ObjectPage(
            path="backfill_cancel",
            view="backfill_cancel_view",
            label="Cancel the backfill",
            role=Role.EDITOR,
            in_header=False,
        ),
        ObjectPage(
            path="backfill_rate",
            view="backfill_rate_view",
            label="Rate limit of the backfill",
            role=Role.EDITOR,
            in_header=False,
        ),
        ObjectPage(
            path="backfill_begin",
            view="backfill_begin_view",
            label="Tell everyone",
            role=Role.EDITOR,
            in_header=False,
        ),
        ObjectPage(path="live", view="live_view", label="State", in_header=False),
    )

    def rows_of(self, account: Account) -> QuerySet[Any]:
        return figures.with_pending(lookup.listing(account))

    @admin.display(description="name", ordering="name")
    def label(self, subscription: Subscription) -> str:
        return str(subscription)

    @admin.display(description="segments")
    def segment_names(self, subscription: Subscription) -> str:
        return ", ".join(sorted(each.name for each in subscription.segments.all()))

    @admin.display(description="state", ordering="job__state")
    def state(self, subscription: Subscription) -> str:
        if figures.is_held(subscription):
            return badge("Destination down", "bad")
        return badge(subscription.job.get_state_display(), subscription.job.state)

    @admin.display(description="waiting")
    def waiting_shown(self, subscription: Any) -> str:
        return f"{subscription.waiting:,}"

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A subscription comes with a job, which the wizard of jobs sets up."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:jobs_job_add"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Its page only shows; the form is that of its job."""
        return False

    def edit_view(self, request: HttpRequest, obj: Subscription) -> HttpResponse:
        """The form of its job."""
        return HttpResponseRedirect(reverse("admin:jobs_job_edit", args=[obj.job_id]))

    def object_context(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:
        """How it fares, what it is, and its newest deliveries."""
        deliveries = Delivery.objects.for_account(obj.account_id)
        asked = request.GET.get("hours", "")
        hours = next((each for each in charts.PERIODS if asked == str(each)), DAY_HOURS)
        return {
            **self._live(request, obj),
            "charts": charts.charts(obj, hours),
            "period": charts.PERIODS[hours],
            "periods": charts.PERIODS.items(),
            "live_url": self.page_url("live", obj),
            "facts": job_page.configuration(obj.job),
            "type": workflow.title_of(obj.job.workflow),
            "deliveries": deliveries.filter(subscription=obj).order_by("-pk")[
                :RECENT_DELIVERIES
            ],
        }

    def live_view(self, request: HttpRequest, obj: Subscription) -> HttpResponse:
        """How it fares, for a page that stays open."""
        return self.live(request, obj)

    def live(
        self, request: HttpRequest, subscription: Subscription, *, refused: str = ""
    ) -> HttpResponse:
        """How it fares, and why what was asked for was refused."""
        context = {**self._live(request, subscription), "refused": refused}
        return render(request, "admin/subscriptions/live.html", context)

    def _live(self, request: HttpRequest, subscription: Subscription) -> dict[str, Any]:
        return {
            "standing": figures.standing_of(subscription),
            "skipping": skip.of(subscription),
            **backfill_page.shown(self, request, subscription),
        }

    def test_view(self, request: HttpRequest, obj: Subscription) -> HttpResponse:
        """Show what a message looks like; send it when asked to, and tell how it went."""
        return send_test_page.respond(self, request, obj)

    def ledger_view(self, request: HttpRequest, obj: Subscription) -> HttpResponse:
        """What its destination was last told of users."""
        return ledger_page.respond(self, request, obj)

    def ledger_live_view(self, request: HttpRequest, obj: Subscription) -> HttpResponse:
        """How far a comparison has come."""
        return ledger_page.live(self, request, obj)

    def compare_view(self, request: HttpRequest, obj: Subscription) -> HttpResponse:
        """Count what the destination does not know."""
        return ledger_page.compare(self, request, obj)

    def correct_view(self, request: HttpRequest, obj: Subscription) -> HttpResponse:
        """Send what the destination does not know."""
        return ledger_page.correct(self, request, obj)

    def cancel_compare_view(
        self, request: HttpRequest, obj: Subscription
    ) -> HttpResponse:
        """Compare or correct no more."""
        return ledger_page.cancel(self, request, obj)

    def backfill_pause_view(
        self, request: HttpRequest, obj: Subscription
    ) -> HttpResponse:
        """Pause the backfill."""
        return backfill_page.pause(self, request, obj)

    def backfill_resume_view(
        self, request: HttpRequest, obj: Subscription
    ) -> HttpResponse:
        """Go on with the backfill."""
        return backfill_page.resume(self, request, obj)

    def backfill_cancel_view(
        self, request: HttpRequest, obj: Subscription
    ) -> HttpResponse:
        """End the backfill."""
        return backfill_page.cancel(self, request, obj)

    def backfill_rate_view(
        self, request: HttpRequest, obj: Subscription
    ) -> HttpResponse:
        """Limit the rate of the backfill."""
        return backfill_page.set_rate(self, request, obj)

    def backfill_begin_view(
        self, request: HttpRequest, obj: Subscription
    ) -> HttpResponse:
        """Tell of all who are members."""
        return backfill_page.begin(self, request, obj)

    def pause_view(self, request: HttpRequest, obj: Subscription) -> HttpResponse:
        """Stop sending, after asking."""
        question = Question(
            title=f"Pause “{obj}”?",
            text="Nothing is sent while it is paused. Messages are collected, and sent "
            "when you resume it.",
            button="Pause",
        )

        def pause() -> str:
            with refused_at(JobError):
                lifecycle.pause(obj, actor(request))
            return "Paused."

        return self.ask(request, obj, question, pause)

    def resume_view(self, request: HttpRequest, obj: Subscription) -> HttpResponse:
        """Send again, after asking what becomes of what was collected."""
        return resume_page.respond(self, request, obj)

    def restart_view(self, request: HttpRequest, obj: Subscription) -> HttpResponse:
        """Send again after a failure, after asking."""
        question = Question(
            title=f"Restart “{obj}”?",
            text=f"It failed: {obj.job.state_reason} All that was collected is sent "
            "now, in order.",
            button="Restart",
        )

        def restart() -> str:
            with refused_at(JobError):
                lifecycle.restart(obj, actor(request))
            return "Restarted."

        return self.ask(request, obj, question, restart)

    def deletion(self, obj: Any) -> Deletion:
        return Deletion(
            ["Messages that still wait are not sent.", "Its deliveries go, too."]
        )

    def delete_model(self, request: HttpRequest, obj: Subscription) -> None:
        """Stop it at once."""
        lifecycle.delete(obj, actor(request))


def _fares(request: HttpRequest) -> dict[str, Any]:
    found = lookup.listing(current.account(request))[: figures.LISTED_AT_MOST]
    return {"standings": [figures.standing_of(each) for each in found]}


def _has_subscriptions(request: HttpRequest) -> bool:
    return lookup.listing(current.account(request)).exists()


home.register(
    home.HomeSection(
        key="subscriptions",
        title="Subscriptions",
        order=30,
        template="admin/subscriptions/home.html",
        context=_fares,
    )
)
home.register_first_step(
    home.FirstStep(
        order=30,
        title="Subscribe to it",
        template="admin/subscriptions/first_subscription.html",
        is_done=_has_subscriptions,
    )
)

"""The page of what a destination was last told of users, and of correcting it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from lyticsapp.accounts.models import Role
from lyticsapp.face.declared import Question
from lyticsapp.face.errors import refused_at
from lyticsapp.face.model_admin import actor
from segments.membership.listing import with_identity
from segments.membership.models import Membership
from segments.profiles.models import Profile
from subscriptions import ledger, reconcile
from subscriptions.errors import SubscriptionError
from subscriptions.ledger import Entry
from subscriptions.models import Reconciliation, Subscription
from subscriptions.sql import raw_cursor

if TYPE_CHECKING:
    from subscriptions.admin.subscription import SubscriptionAdmin

PROFILES_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A user and a segment: what was told last, and what is true now."""

    profile: Profile
    segment: str
    entry: Entry | None
    is_member: bool

    @property
    def is_known(self) -> bool:
        """Whether what was told last is what is true now."""
        told = self.entry is not None and self.entry.event == "enter"
        return told == self.is_member


def respond(
    page: SubscriptionAdmin, request: HttpRequest, subscription: Subscription
) -> HttpResponse:
    """The users that the destination was told of; or one, found by an identity."""
    query = request.GET.get("q", "").strip()
    after = request.GET.get("after", "")
    ids = _profiles(subscription, query, int(after) if _is_key(after) else 0)
    shown = ids[:PROFILES_PER_PAGE]
    context = {
        "lines": _lines(subscription, shown),
        "query": query,
        "next_after": shown[-1] if len(ids) > len(shown) else None,
        "live_url": page.page_url("ledger_live", subscription),
        **_live(page, request, subscription),
    }
    return page.object_page(
        request,
        subscription,
        title="Ledger",
        template="admin/subscriptions/ledger.html",
        context=context,
    )


def live(
    page: SubscriptionAdmin, request: HttpRequest, subscription: Subscription
) -> HttpResponse:
    """How far a comparison has come, for a page that stays open."""
    context = _live(page, request, subscription)
    return render(request, "admin/subscriptions/reconciliation.html", context)


def compare(
    page: SubscriptionAdmin, request: HttpRequest, subscription: Subscription
) -> HttpResponse:
    """Begin to count the corrections, after asking."""
    question = Question(
        title=f"Compare what “{subscription}” was told?",
        text="What the destination was last told of each user is compared with who is "
        "in its segments now. Nothing is sent before you have seen how much it is.",
        button="Compare",
    )
    return _steer(page, request, subscription, question, reconcile.start, "Comparing.")


def correct(
    page: SubscriptionAdmin, request: HttpRequest, subscription: Subscription
) -> HttpResponse:
    """Write the corrections, after asking with their counts."""
    begun = reconcile.of(subscription)
    enters, exits = (begun.enters, begun.exits) if begun else (0, 0)
    question = Question(
        title=f"Send corrections to “{subscription}”?",
        text=f"{enters:,} enters and {exits:,} exits that the destination does not "
        "know of are sent, with the cause “reconcile”. Users who have moved since they "
        "were counted are looked at again.",
        button="Send corrections",
    )
    told = "The corrections are being written."
    return _steer(page, request, subscription, question, reconcile.confirm, told)


def cancel(
    page: SubscriptionAdmin, request: HttpRequest, subscription: Subscription
) -> HttpResponse:
    """Compare or correct no more, after asking."""
    question = Question(
        title="Cancel the comparison?",
        text="Nothing more is counted or written. What was written is sent.",
        button="Cancel it",
    )
    return _steer(page, request, subscription, question, reconcile.cancel, "Cancelled.")


def _steer(
    page: SubscriptionAdmin,
    request: HttpRequest,
    subscription: Subscription,
    question: Question,
    act: Callable[..., Any],
    told: str,
) -> HttpResponse:
    def steer() -> str:
        with refused_at(SubscriptionError):
            act(subscription, actor(request))
        return told

    back_url = page.page_url("ledger", subscription)
    return page.ask(request, subscription, question, steer, back_url=back_url)


def _live(
    page: SubscriptionAdmin, request: HttpRequest, subscription: Subscription
) -> dict[str, Any]:
    begun = reconcile.of(subscription)
    return {
        "reconciliation": begun,
        "is_under_way": begun is not None and _is_under_way(begun),
        "may_steer": page.allows(request, Role.EDITOR, subscription),
        "compare_url": page.page_url("compare", subscription),
        "correct_url": page.page_url("correct", subscription),
        "cancel_url": page.page_url("cancel_compare", subscription),
    }


def _is_under_way(begun: Reconciliation) -> bool:
    return begun.counted_at is None or reconcile.is_sending(begun)


def _profiles(subscription: Subscription, query: str, after: int) -> list[int]:
    if query:
        found = with_identity(subscription.account, query)
        return list(found.values_list("pk", flat=True))
    with raw_cursor() as cursor:
        most = PROFILES_PER_PAGE + 1
        return ledger.profiles_after(cursor, subscription.pk, after, most)


def _lines(subscription: Subscription, ids: Sequence[int]) -> list[Line]:
    segments = {each.pk: each for each in subscription.segments.all()}
    rows = Profile.objects.for_account(subscription.account_id)
    profiles = rows.prefetch_related("identities").in_bulk(list(ids))
    inside = set(
        Membership.objects.for_account(subscription.account_id)
        .filter(profile__in=ids, segment__in=segments, left_at=None)
        .values_list("profile_id", "segment_id")
    )
    with raw_cursor() as cursor:
        last = ledger.last_told(cursor, [subscription.pk], ids)
    lines = [
        Line(
            profiles[profile_id],
            segment.name,
            last.get((subscription.pk, profile_id, segment.public_id)),
            (profile_id, pk) in inside,
        )
        for profile_id in ids
        if profile_id in profiles
        for pk, segment in segments.items()
    ]
    return [line for line in lines if line.entry or line.is_member]


def _is_key(text: str) -> bool:
    return text.isdecimal() and len(text) < 19

"""The endpoints of one subscription beyond its settings: steering and looking."""

from __future__ import annotations

from dataclasses import asdict

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from lyticsapp.accounts.api import Envelope, account_of, actor_of
from lyticsapp.jobs.bodies import NO_BODY
from subscriptions import (
    delivery_lines,
    figures,
    lifecycle,
    lookup,
    reconcile,
    sample,
    send_test,
    skip,
)
from subscriptions import replay as replays
from subscriptions.api import SubscriptionView
from subscriptions.models import Subscription
from subscriptions.presentation import (
    present_outcome,
    present_reconciliation,
    present_replay,
    present_state,
)
from subscriptions.steer_bodies import (
    CANCELLED_ANSWER,
    DELIVERIES_ANSWER,
    PREVIEW_ANSWER,
    RECONCILE_ANSWER,
    REPLAY_ANSWER,
    REPLAYS_ANSWER,
    SELECTION_PARAMETERS,
    STATE_ANSWER,
    TEST_ANSWER,
    PreviewBody,
    ReconcileBody,
    ReplayBody,
    ResumeBody,
)
from subscriptions.steer_request import (
    number,
    read_backlog,
    read_confirm,
    read_preview,
    read_replay,
    selection_of,
)

LIMIT, MOST = 50, 200
REPLAYS_SHOWN = 100


class SubscriptionPause(SubscriptionView):
    """Stops sending, and goes on collecting."""

    @extend_schema(
        tags=["subscriptions"],
        summary="Pause a subscription",
        request=NO_BODY,
        responses={200: STATE_ANSWER},
    )
    def post(self, request: Request, public_id: str) -> Response:
        lifecycle.pause(subscription_of(request, public_id), actor_of(request))
        return _state(request, public_id)


class SubscriptionResume(SubscriptionView):
    """Sends again after a pause."""

    @extend_schema(
        tags=["subscriptions"],
        summary="Resume a subscription, with what was collected or less",
        request=ResumeBody,
        responses={200: STATE_ANSWER},
    )
    def post(self, request: Request, public_id: str) -> Response:
        subscription = subscription_of(request, public_id)
        skip.resume(subscription, read_backlog(request.data), actor_of(request))
        return _state(request, public_id)


class SubscriptionState(SubscriptionView):
    """How it fares."""

    @extend_schema(
        tags=["subscriptions"],
        summary="Tell how a subscription fares",
        responses={200: STATE_ANSWER},
    )
    def get(self, request: Request, public_id: str) -> Response:
        return _state(request, public_id)


class SubscriptionTest(SubscriptionView):
    """Sends a sample of the real message."""

    @extend_schema(
        tags=["subscriptions"],
        summary="Send a test to the destination, and tell what came of it",
        request=NO_BODY,
        responses={200: TEST_ANSWER},
    )
    def post(self, request: Request, public_id: str) -> Response:
        tested = send_test.send(subscription_of(request, public_id), actor_of(request))
        return Envelope({**present_outcome(tested.outcome), "message": tested.message})


class SubscriptionDeliveries(SubscriptionView):
    """Its messages, and what became of them."""

    @extend_schema(
        tags=["subscriptions"],
        summary="List the messages of a subscription, the newest first",
        parameters=[
            *SELECTION_PARAMETERS,
            OpenApiParameter("start", description="The `_next` of the answer before."),
            OpenApiParameter("limit", OpenApiTypes.INT, description=f"1 to {MOST}."),
        ],
        responses={200: DELIVERIES_ANSWER},
    )
    def get(self, request: Request, public_id: str) -> Response:
        asked = request.query_params
        subscription = subscription_of(request, public_id)
        page = delivery_lines.page(
            subscription.account_id,
            selection_of(subscription, asked.dict()),
            before=number(asked, "start"),
            limit=min(number(asked, "limit") or LIMIT, MOST),
        )
        return Envelope(page.shown, _next=str(page.next_before or ""))


class SubscriptionReplays(SubscriptionView):
    """Sends messages again."""

    @extend_schema(
        tags=["subscriptions"],
        summary="List the replays of a subscription, the newest first",
        responses={200: REPLAYS_ANSWER},
    )
    def get(self, request: Request, public_id: str) -> Response:
        found = replays.of(subscription_of(request, public_id))
        newest = found.order_by("-pk")[:REPLAYS_SHOWN]
        return Envelope([present_replay(each) for each in newest])

    @extend_schema(
        tags=["subscriptions"],
        summary="Send messages again, all or those that are selected",
        request=ReplayBody,
        responses={200: REPLAY_ANSWER},
    )
    def post(self, request: Request, public_id: str) -> Response:
        subscription = subscription_of(request, public_id)
        said = read_replay(subscription, request.data)
        account, wanted = subscription.account, said.selection
        count, begun = replays.preview(account, wanted), None
        if not said.is_preview:
            begun = replays.start(
                account, wanted, actor_of(request), per_second=said.per_second
            )
        return Envelope({**asdict(count), "replay": begun and present_replay(begun)})


class SubscriptionReplayCancel(SubscriptionView):
    """Ends a replay."""

    @extend_schema(
        tags=["subscriptions"],
        summary="Cancel a replay; what it has written is sent",
        request=NO_BODY,
        responses={200: CANCELLED_ANSWER},
    )
    def post(self, request: Request, public_id: str, replay: int) -> Response:
        begun = replays.find(subscription_of(request, public_id), replay)
        replays.cancel(begun, actor_of(request))
        begun.refresh_from_db()
        return Envelope(present_replay(begun))


class SubscriptionReconcile(SubscriptionView):
    """Corrects what the destination knows."""

    @extend_schema(
        tags=["subscriptions"],
        summary="Tell how far the newest comparison has come",
        responses={200: RECONCILE_ANSWER},
    )
    def get(self, request: Request, public_id: str) -> Response:
        begun = reconcile.of(subscription_of(request, public_id))
        return Envelope(begun and present_reconciliation(begun))

    @extend_schema(
        tags=["subscriptions"],
        summary="Compare what was told with who is a member; then send corrections",
        description="Compares first; once that has ended, `confirm` sends the "
        "corrections.",
        request=ReconcileBody,
        responses={200: RECONCILE_ANSWER},
    )
    def post(self, request: Request, public_id: str) -> Response:
        subscription = subscription_of(request, public_id)
        act = reconcile.confirm if read_confirm(request.data) else reconcile.start
        act(subscription, actor_of(request))
        begun = reconcile.of(subscription)
        return Envelope(begun and present_reconciliation(begun))


class SubscriptionPreview(SubscriptionView):
    """The message that a user would cause."""

    @extend_schema(
        tags=["subscriptions"],
        summary="Show the message that a user would cause, before there is a "
        "subscription",
        description="As if the user entered the segments now; of those that they are "
        "in, since when.",
        request=PreviewBody,
        responses={200: PREVIEW_ANSWER},
    )
    def post(self, request: Request) -> Response:
        said = read_preview(account_of(request), request.data)
        message = sample.of_profile(said.profile, said.segments, said.user_fields)
        return Envelope(message.content)


def subscription_of(request: Request, public_id: str) -> Subscription:
    """The subscription that an address names; raises UnknownSubscriptionError."""
    return lookup.get(account_of(request), public_id)


def _state(request: Request, public_id: str) -> Response:
    subscription = subscription_of(request, public_id)
    standing = figures.standing_of(subscription)
    return Envelope(present_state(standing))

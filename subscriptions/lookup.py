"""Finding the subscriptions of an account; deleted ones are not found any more."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.urls import reverse

from lyticsapp.accounts.models import Account
from lyticsapp.jobs.models import Job, JobState
from segments.definitions.dependencies import Dependant
from segments.definitions.models import Segment
from subscriptions.errors import UnknownSubscriptionError
from subscriptions.models import Subscription


def listing(account: Account, segment_ref: str = "") -> QuerySet[Subscription]:
    """Those of the account, the newest first; of one segment where one is named."""
    found = (
        Subscription.objects.for_account(account)
        .exclude(job__state=JobState.DELETED)
        .select_related("account", "job__authorization", "created_by")
        .prefetch_related("segments")
        .defer("secrets", "job__secrets", "job__authorization__secrets")
        .order_by("-created_at", "-id")
    )
    if segment_ref:
        found = found.filter(
            Q(segments__public_id=segment_ref) | Q(segments__slug=segment_ref.lower())
        ).distinct()
    return found


def get(account: Account, public_id: str) -> Subscription:
    """The subscription of this id; raises UnknownSubscriptionError."""
    subscription = listing(account).filter(public_id=public_id).first()
    if subscription is None:
        raise UnknownSubscriptionError(public_id)
    return subscription


def driven_by(job: Job) -> Subscription:
    """The subscription that a job drives; raises UnknownSubscriptionError."""
    subscription = listing(job.account).filter(job=job).first()
    if subscription is None:
        raise UnknownSubscriptionError(job.public_id)
    return subscription


def dependants_of(segment: Segment) -> list[Dependant]:
    """The subscriptions that tell of a segment."""
    found = listing(segment.account).filter(segments=segment)
    return [
        Dependant(
            "subscription",
            subscription.public_id,
            str(subscription),
            job_id=subscription.job.public_id,
            url=reverse(
                "admin:subscriptions_subscription_change", args=[subscription.pk]
            ),
        )
        for subscription in found
    ]

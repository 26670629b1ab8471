"""A row of each model that the admin shows, with the account's mark in its texts.

A model that is registered and has none here fails the tests of tenancy.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from lyticsapp.accounts.models import (
    ApiToken,
    AuditEntry,
    Invitation,
    Member,
    Role,
    User,
)
from lyticsapp.alerts.models import Alert
from lyticsapp.authorizations.models import Authorization
from lyticsapp.jobs.models import Job
from segments.definitions.models import Segment, SegmentVersion
from segments.membership.models import Membership
from segments.profiles.models import Field, Identity, Profile
from segments.streams.models import RejectedRecord, Stream
from subscriptions.models import Attempt, Delivery, Replay, Subscription


def _profile(account, mark):
    now = timezone.now()
    profile = Profile.objects.create(
        account=account,
        fields={"email": f"{mark}@example.com"},
        created_at=now,
        modified_at=now,
    )
    Identity.objects.create(
        account=account, field="email", value=f"{mark}@example.com", profile=profile
    )
    return profile


def _segment(account, mark):
    segment = Segment.objects.create(
        account=account,
        slug=f"{mark}-slug",
        name=f"{mark} segment",
        filterql=f'FILTER AND ( x = "{mark}" ) FROM user ALIAS {mark}-slug',
    )
    SegmentVersion.objects.create(
        account=account, segment=segment, version=1, filterql=segment.filterql
    )
    Membership.objects.create(
        account=account,
        segment=segment,
        profile=_profile(account, mark),
        entered_at=timezone.now(),
    )
    return segment


def _job(account, mark):
    return Job.objects.create(
        account=account,
        workflow="webhook_triggers",
        label=f"{mark} job",
        config={"webhook_url": f"https://{mark}.example.com/", "withbackfill": False},
    )


def _subscription(account, mark):
    job, segment = _job(account, mark), _segment(account, mark)
    job.config["segment_ids"] = [segment.public_id]
    job.save()
    subscription = Subscription.objects.create(
        account=account,
        name=f"{mark} subscription",
        channel="webhook",
        config={"webhook_url": job.config["webhook_url"]},
        job=job,
    )
    subscription.segments.add(segment)
    return subscription


def _delivery(account, mark):
    delivery = Delivery.objects.create(
        account=account,
        subscription=_subscription(account, mark),
        profile_id=1,
        cause="event",
        payload={"data": {"email": f"{mark}@example.com"}, "meta": {}},
    )
    Attempt.objects.create(
        account=account,
        delivery=delivery,
        outcome="transient",
        latency_ms=5,
        answer=f"{mark} answer",
    )
    return delivery


def _replay(account, mark):
    return Replay.objects.create(
        account=account,
        selection={"state": "dead", "segment_id": _segment(account, mark).pk},
        per_second=100,
        last_id=1,
        total=40,
        done=10,
    )


def _stream(account, mark):
    return Stream.objects.create(account=account, name=f"{mark} stream")


def _rejected(account, mark):
    return RejectedRecord.objects.create(
        account=account,
        stream=_stream(account, mark),
        raw=f"{mark} raw".encode(),
        reason=f"{mark} reason",
        position=1,
    )


def _member(account, mark):
    user = User.objects.create_user(f"{mark.lower()}@example.com", first_name=mark)
    return Member.objects.create(account=account, user=user, role=Role.EDITOR)


ROWS = {
    "accounts.account": lambda account, mark: account,
    "accounts.apitoken": lambda account, mark: ApiToken.objects.create(
        account=account, name=f"{mark} token", secret_hash="0" * 64, scopes=["data"]
    ),
    "accounts.auditentry": lambda account, mark: AuditEntry.objects.create(
        account=account,
        action="create",
        object_type="segment",
        object_id="1",
        object_label=f"{mark} label",
    ),
    "accounts.invitation": lambda account, mark: Invitation.objects.create(
        account=account,
        email=f"{mark.lower()}-invited@example.com",
        token_hash=mark.ljust(64, "0"),
        expires_at=timezone.now() + timedelta(days=1),
    ),
    "accounts.member": _member,
    "alerts.alert": lambda account, mark: Alert.objects.create(
        account=account,
        kind="segment_size",
        subject_key=mark,
        subject_label=f"{mark} segment",
        title=f"{mark} alert",
        text=f"{mark} text",
    ),
    "authorizations.authorization": lambda account, mark: Authorization.objects.create(
        account=account, provider="aws", method="role", label=f"{mark} authorization"
    ),
    "definitions.segment": _segment,
    "jobs.job": _job,
    "profiles.field": lambda account, mark: Field.objects.create(
        account=account, name=f"{mark}_field", type="string"
    ),
    "profiles.profile": _profile,
    "streams.rejectedrecord": _rejected,
    "streams.stream": _stream,
    "subscriptions.delivery": _delivery,
    "subscriptions.replay": _replay,
    "subscriptions.subscription": _subscription,
}

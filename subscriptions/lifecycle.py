"""Creating, changing and deleting subscriptions; each has a job that drives it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from celery import current_app
from django.db import transaction

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.models import Authorization
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.declaration.settings import NOTHING_STORED, Stored, reveal, validate
from lyticsapp.jobs import lifecycle as jobs
from lyticsapp.jobs.models import Job
from lyticsapp.jobs.workflow import Setup
from segments.definitions import lock
from segments.definitions import lookup as segment_lookup
from segments.definitions.models import Segment
from segments.definitions.upsert import upsert_from_text
from subscriptions import backfill, channel, hints, lookup
from subscriptions.channel import Channel
from subscriptions.common_settings import (
    AUDIENCE_EVENTS,
    BACKFILL_RATE_LIMIT,
    BACKFILL_SAMPLE,
    EXITS_ONLY,
    settings_of,
)
from subscriptions.errors import UnknownSubscriptionError
from subscriptions.models import Subscription
from subscriptions.request import Wanted

PRUNE = "subscriptions.tasks.prune"


def create(account: Account, wanted: Wanted, actor: Actor) -> Subscription:
    """A new subscription, which starts at once."""
    if not wanted.channel:
        raise InvalidSettingError(
            "channel", f"is required: one of {', '.join(sorted(channel.registry()))}."
        )
    way = channel.get(wanted.channel)
    stored = _checked(account, way, wanted, NOTHING_STORED, None)
    with lock.exclusive(account.pk):
        segments = _segments(account, wanted, actor)
        if not segments:
            raise InvalidSettingError(
                "segment_ids", "name at least one segment, or give segmentql."
            )
        subscription = Subscription(
            account=account,
            channel=way.key,
            segmentql=wanted.segmentql or "",
            config=dict(stored.config),
            secrets=dict(stored.secrets),
            withbackfill=bool(wanted.withbackfill),
            name=wanted.name or "",
            description=wanted.description or "",
            created_by=actor.author,
        )
        _check_backfill(subscription, segments, wanted)
        subscription.job = _job(subscription, way, segments, wanted, actor)
        subscription.save()
        subscription.segments.set(segments)
        if subscription.withbackfill:
            backfill.start(subscription)
        _record("create", subscription, actor)
    return subscription


def update(subscription: Subscription, wanted: Wanted, actor: Actor) -> Subscription:
    """Change what is said of the subscription; the rest stays as it is."""
    account = subscription.account
    if wanted.channel not in (None, "", subscription.channel):
        raise InvalidSettingError(
            "channel", f"cannot be changed; it is {subscription.channel}."
        )
    way = channel.get(subscription.channel)
    now = subscription.job.authorization
    _checked(account, way, wanted, _stored(subscription), now)
    with lock.exclusive(account.pk):
        _read_again(subscription)
        stored = validate(settings_of(way), wanted.settings, _stored(subscription))
        known = _shown(subscription)
        before = list(subscription.segments.all())
        segments = _segments(account, wanted, actor) or before
        backfilled = _backfilled(subscription, before)
        paced = subscription.config.get(BACKFILL_RATE_LIMIT.name)
        subscription.config = dict(stored.config)
        subscription.secrets = dict(stored.secrets)
        for name in ("name", "description", "segmentql", "withbackfill"):
            value = getattr(wanted, name)
            if value is not None:
                setattr(subscription, name, value)
        if wanted.segment_refs and wanted.segmentql is None:
            subscription.segmentql = ""
        _check_backfill(subscription, segments, wanted)
        subscription.save(update_fields=[*_CHANGED, "updated_at"])
        subscription.segments.set(segments)
        _describe(subscription, way, segments, wanted)
        _restart_backfill(subscription, backfilled, segments)
        if subscription.config.get(BACKFILL_RATE_LIMIT.name) != paced:
            backfill.measure_anew(subscription)
        changes = audit.differences(known, _shown(subscription))
        _record("update", subscription, actor, changes)
    return subscription


def delete(subscription: Subscription, actor: Actor) -> None:
    """Stop at once; what the subscription leaves behind is deleted soon."""
    with lock.exclusive(subscription.account_id):
        jobs.delete(subscription.job, actor)
        backfill.stop(subscription)
        _record("delete", subscription, actor)
    transaction.on_commit(lambda: current_app.send_task(PRUNE, retry=False))


def pause(subscription: Subscription, actor: Actor) -> None:
    """Send nothing, and go on collecting."""
    with lock.exclusive(subscription.account_id):
        jobs.pause(subscription.job, actor)
        _record("pause", subscription, actor, {})


def resume(subscription: Subscription, actor: Actor) -> None:
    """Send again after a pause, all that was collected."""
    _send_again(subscription, jobs.resume, "resume", actor)


def restart(subscription: Subscription, actor: Actor) -> None:
    """Send again after a failure that somebody has mended."""
    _send_again(subscription, jobs.restart, "restart", actor)


_CHANGED = (
    "name",
    "description",
    "segmentql",
    "config",
    "secrets",
    "withbackfill",
)


def _send_again(
    subscription: Subscription,
    steer: Callable[[Job, Actor], None],
    action: str,
    actor: Actor,
) -> None:
    with lock.exclusive(subscription.account_id):
        steer(subscription.job, actor)
        Subscription.objects.for_account(subscription.account_id).filter(
            pk=subscription.pk
        ).update(held_until=None, failing_since=None, stopped_at=None)
        _record(action, subscription, actor, {})
    transaction.on_commit(lambda: hints.hint([subscription.pk]))


def _checked(
    account: Account,
    way: Channel,
    wanted: Wanted,
    before: Stored,
    authorized: Authorization | None,
) -> Stored:
    """The settings to save, after all that can be wrong with them was looked at."""
    stored = validate(settings_of(way), wanted.settings, before)
    authorization = wanted.authorization
    if authorization is None and not wanted.without_authorization:
        authorization = authorized
    if authorization is None and way.without is None:
        raise InvalidSettingError("authorization_id", "is required.")
    way.check(Setup(account, authorization, reveal(stored)))
    return stored


def _stored(subscription: Subscription) -> Stored:
    return Stored(subscription.config, subscription.secrets)


def _read_again(subscription: Subscription) -> None:
    """What another change, just before this one, has made of it."""
    if not lookup.listing(subscription.account).filter(pk=subscription.pk).exists():
        raise UnknownSubscriptionError(subscription.public_id)
    subscription.refresh_from_db()


def _segments(account: Account, wanted: Wanted, actor: Actor) -> list[Segment]:
    segments = segment_lookup.get_all(account, wanted.segment_refs or [])
    if wanted.segmentql:
        inline, _ = upsert_from_text(account, wanted.segmentql, actor)
        segments += [inline] if inline not in segments else []
    return segments


def _check_backfill(
    subscription: Subscription, segments: Sequence[Segment], wanted: Wanted
) -> None:
    if not subscription.withbackfill:
        return
    if wanted.backfills_one and len(segments) > 1:
        raise InvalidSettingError(
            "withbackfill",
            f"takes a single segment, and {len(segments)} are named. "
            "Make a subscription for each, or a job.",
        )
    if subscription.config.get(AUDIENCE_EVENTS.name) == EXITS_ONLY:
        raise InvalidSettingError(
            "withbackfill", "tells of users who are in it, and only exits are wanted."
        )


def _backfilled(subscription: Subscription, segments: Iterable[Segment]) -> object:
    """Whose members a backfill tells of; None where there is none."""
    if not subscription.withbackfill:
        return None
    return set(segments), bool(subscription.config.get(BACKFILL_SAMPLE.name))


def _restart_backfill(
    subscription: Subscription, before: object, segments: Iterable[Segment]
) -> None:
    """Begin anew where a backfill is newly wanted, or of other users than before."""
    wanted = _backfilled(subscription, segments)
    if wanted is None:
        backfill.stop(subscription)
    elif wanted != before:
        backfill.start(subscription)


def _job(
    subscription: Subscription,
    way: Channel,
    segments: Sequence[Segment],
    wanted: Wanted,
    actor: Actor,
) -> Job:
    return jobs.create(
        account=subscription.account,
        workflow=way.workflow,
        label=_label(subscription, way),
        description=subscription.description,
        config=_job_config(subscription, segments),
        authorization=wanted.authorization,
        actor=actor,
    )


def _describe(
    subscription: Subscription,
    way: Channel,
    segments: Sequence[Segment],
    wanted: Wanted,
) -> None:
    job = subscription.job
    job.label = _label(subscription, way)
    job.description = subscription.description
    job.config = _job_config(subscription, segments)
    if wanted.authorization is not None or wanted.without_authorization:
        job.authorization = wanted.authorization
    job.version += 1
    job.save(
        update_fields=[
            "label",
            "description",
            "config",
            "authorization",
            "version",
            "updated_at",
        ]
    )


def _job_config(
    subscription: Subscription, segments: Sequence[Segment]
) -> dict[str, Any]:
    """The settings of the job, which are those of the subscription in one place."""
    return {
        **subscription.config,
        "segment_ids": [segment.public_id for segment in segments],
        "withbackfill": subscription.withbackfill,
    }


def _label(subscription: Subscription, way: Channel) -> str:
    return subscription.name or f"{way.title} subscription"


def _shown(subscription: Subscription) -> dict[str, Any]:
    """What the audit log tells of one; its settings are masked as they are stored."""
    return {
        "channel": subscription.channel,
        "name": subscription.name,
        "description": subscription.description,
        "authorization": str(subscription.job.authorization or ""),
        **subscription.config,
        "segments": sorted(segment.slug for segment in subscription.segments.all()),
        "withbackfill": subscription.withbackfill,
    }


def _record(
    action: str,
    subscription: Subscription,
    actor: Actor,
    changes: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        account=subscription.account,
        action=action,
        obj=subscription,
        changes=_shown(subscription) if changes is None else changes,
        user=actor.user,
        token=actor.token,
    )

"""Channels as workflows: a job that drives a subscription.

From a channel's one declaration comes its job type: which users are told of, the
channel's own settings, and whether those who are members already are told of, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import partial
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape

from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.models import Account
from lyticsapp.declaration.errors import DeclarationError
from lyticsapp.declaration.settings import Kind, Setting, Stored
from lyticsapp.jobs import workflow
from lyticsapp.jobs.errors import JobError
from lyticsapp.jobs.models import Job
from lyticsapp.jobs.workflow import Direction, Driven, Field, Link, Setup, Workflow
from segments.definitions.errors import DefinitionError
from segments.definitions.models import Segment
from subscriptions import channel, choices, figures, forecast, lifecycle, lookup
from subscriptions.channel import Channel
from subscriptions.common_settings import settings_of
from subscriptions.errors import SubscriptionError, UnknownSubscriptionError
from subscriptions.request import Wanted

SEGMENT_IDS = "segment_ids"
EXISTING_USERS = Field(
    name="withbackfill",
    label="Existing Users",
    help="Tell of the current members of the audience(s) immediately, too.",
    kind=Kind.BOOLEAN,
    default=False,
)


def workflows() -> Iterator[Workflow]:
    """The job type of each channel that is offered."""
    return map(_of_channel, channel.registry().values())


def _of_channel(way: Channel) -> Workflow:
    return Workflow(
        key=way.workflow,
        provider=way.provider,
        title=way.job_title,
        summary=way.summary,
        kind=workflow.Kind.TRIGGER,
        direction=Direction.EXPORT,
        methods=way.methods,
        without=way.without,
        fields=(
            _audiences(way.audiences),
            *map(_field, settings_of(way)),
            _existing_users(way),
        ),
        check=_leave_to_the_driver,
        test_steps=way.test_steps,
        driver=SubscriptionDriver(way),
    )


@contextmanager
def _refused_as_a_job() -> Iterator[None]:
    """Have what a subscription refuses told as of its job."""
    try:
        yield
    except (SubscriptionError, DefinitionError) as error:
        raise JobError(str(error)) from error


class SubscriptionDriver:
    """Has the jobs of a channel drive subscriptions."""

    def __init__(self, way: Channel) -> None:
        self._way = way

    def create(self, account: Account, wanted: workflow.Wanted, actor: Actor) -> Job:
        """A subscription and its job."""
        with _refused_as_a_job():
            return lifecycle.create(account, self._wanted(wanted), actor).job

    def update(self, job: Job, wanted: workflow.Wanted, actor: Actor) -> None:
        """Change the subscription that a job drives."""
        with _refused_as_a_job():
            lifecycle.update(lookup.driven_by(job), self._wanted(wanted), actor)

    def pause(self, job: Job, actor: Actor) -> None:
        lifecycle.pause(lookup.driven_by(job), actor)

    def resume(self, job: Job, actor: Actor) -> None:
        lifecycle.resume(lookup.driven_by(job), actor)

    def restart(self, job: Job, actor: Actor) -> None:
        lifecycle.restart(lookup.driven_by(job), actor)

    def delete(self, job: Job, actor: Actor) -> None:
        lifecycle.delete(lookup.driven_by(job), actor)

    def stored(self, job: Job) -> Stored:
        """The job's settings, with the secrets of the subscription."""
        return Stored(job.config, lookup.driven_by(job).secrets)

    def driven(self, job: Job) -> Driven | None:
        """The subscription of a job, and its messages."""
        try:
            subscription = lookup.driven_by(job)
        except UnknownSubscriptionError:
            return None
        page = "admin:subscriptions_subscription"
        messages = reverse("admin:subscriptions_delivery_changelist")
        return Driven(
            links=(
                Link(
                    f"Subscription “{subscription}”",
                    reverse(f"{page}_change", args=[subscription.pk]),
                ),
                Link(
                    "Its messages",
                    f"{messages}?subscription={subscription.public_id}",
                ),
            ),
            commands=(
                Link("Send test", reverse(f"{page}_test", args=[subscription.pk])),
            ),
            resume_url=reverse(f"{page}_resume", args=[subscription.pk]),
            live_url=reverse(f"{page}_live", args=[subscription.pk]),
            deletion=(
                "Messages that still wait are not sent "
                f"(now: {figures.pending(subscription):,}).",
                "The subscription and its deliveries go, too.",
            ),
        )

    def _wanted(self, wanted: workflow.Wanted) -> Wanted:
        config: dict[str, Any] = dict(wanted.config)
        return Wanted(
            channel=self._way.key,
            name=wanted.label.strip(),
            description=wanted.description,
            authorization=wanted.authorization,
            without_authorization=wanted.authorization is None,
            segment_refs=config.pop(SEGMENT_IDS, None),
            withbackfill=config.pop(EXISTING_USERS.name, None),
            settings=config,
        )


def _audiences(label: str) -> Field:
    return Field(
        name=SEGMENT_IDS,
        label=label,
        help="Whoever enters or leaves one of these is told of.",
        kind=Kind.LIST,
        required=True,
        source=choices.audiences,
        names=choices.audience_names,
    )


def _existing_users(way: Channel) -> Field:
    return replace(
        EXISTING_USERS,
        outlook=partial(_forecast, way.key),
        outlook_of=(SEGMENT_IDS, *(setting.name for setting in forecast.SETTINGS)),
    )


def _forecast(channel: str, setup: Setup) -> str:
    """What telling of the existing users will come to."""
    refs = setup.config.get(SEGMENT_IDS) or ()
    found = Segment.objects.for_account(setup.account).filter(public_id__in=refs)
    segments = list(found)
    if not segments:
        return "Choose audiences to see how many messages that will be."
    try:
        expected = forecast.before(setup.account, channel, segments, setup.config)
    except DeclarationError as error:
        return escape(str(error))
    return render_to_string("admin/subscriptions/forecast.html", {"forecast": expected})


def _leave_to_the_driver(setup: Setup) -> None:
    """A subscription looks at all that is said of it when it is saved."""


def _field(setting: Setting) -> Field:
    if isinstance(setting, Field):
        return setting
    return Field(**{each.name: getattr(setting, each.name) for each in fields(setting)})

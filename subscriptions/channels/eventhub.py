"""Sends each message as an event to an event hub of Microsoft Azure.

https://learn.microsoft.com/azure/event-hubs/event-hubs-about
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from lyticsapp.authorizations.azure.access import access_of
from lyticsapp.authorizations.azure.events import Event
from lyticsapp.authorizations.azure.producers import Producer, Transport, producer
from lyticsapp.authorizations.azure.steps import hub_step
from lyticsapp.authorizations.credentials import Credentials
from lyticsapp.authorizations.step import (
    Result,
    Step,
    Steps,
    failed,
    passed,
    warned,
)
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.declaration.settings import Choice, Setting
from lyticsapp.jobs.workflow import Setup
from subscriptions import azure_verdicts
from subscriptions.channel import Limits, Message
from subscriptions.outcome import Delivered, Outcome, Stop, Try

TITLE = "Azure Event Hubs"
WORKFLOW = "azure_event_hub_export"
PROVIDER = "azure"
JOB_TITLE = "Export Audiences (Event Hub)"
METHODS = ("connection_string", "sas", "entra")
WITHOUT = None
AUDIENCES = "Audience"

# https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
HUB_NAME = r"[a-zA-Z0-9]([a-zA-Z0-9._-]{0,254}[a-zA-Z0-9])?"
LABELS = {
    Transport.AMQP: "AMQP",
    Transport.WEBSOCKETS: "AMQP over WebSockets",
    Transport.HTTPS: "HTTPS",
}

SETTINGS = (
    Setting(
        name="event_hub",
        label="Event Hub",
        help="The name of the event hub; it can be left out where the connection "
        "string of the authorization names it.",
        pattern=HUB_NAME,
        pattern_help=(
            "must be 1 to 256 letters, digits, periods, dashes and underscores, with "
            "a letter or digit at both ends."
        ),
    ),
    Setting(
        name="transport",
        label="Transport",
        help="How the event hub is reached: by AMQP on port 5671; where a firewall "
        "lets only port 443 through, by AMQP over WebSockets; or by HTTPS, which looks "
        "up the partitions over WebSockets.",
        choices=[Choice(each.value, label) for each, label in LABELS.items()],
        default=Transport.AMQP.value,
        advanced=True,
    ),
)

# https://learn.microsoft.com/azure/event-hubs/event-hubs-quotas
LARGEST_BYTES = 1024 * 1024
PROPERTIES_BYTES = 1024
"""What an event needs besides its body, and a batch besides its events."""
LIMITS = Limits(
    messages=500,
    message_bytes=LARGEST_BYTES - PROPERTIES_BYTES,
    total_bytes=LARGEST_BYTES,
)
SENT_WITHIN_S = 15.0
TESTED_WITHIN_S = 10.0


def check(setup: Setup) -> None:
    """Refuse a job without an event hub, or with two."""
    named = setup.config.get("event_hub", "")
    authorization = setup.authorization
    bound = authorization.found.get("azure_hub", "") if authorization else ""
    if not named and not bound:
        raise InvalidSettingError(
            "event_hub",
            "is required where the connection string names none (EntityPath).",
        )
    if named and bound and named.lower() != bound.lower():
        raise InvalidSettingError(
            "event_hub", f"must be {bound}, which the connection string is of."
        )


def test_steps(setup: Setup) -> Steps:
    """Whether events can be sent to the event hub, and whether it is reached."""
    transport = Transport(setup.config["transport"])

    def run(credentials: Credentials) -> Result:
        deadline = time.monotonic() + TESTED_WITHIN_S
        try:
            with _producer(setup.config, credentials) as sender:
                count = len(sender.partition_ids(deadline))
        except azure_verdicts.FAILURES as error:
            verdict = azure_verdicts.of_error(error)
            if isinstance(verdict, Stop):
                return failed(verdict.reason)
            return warned(f"It is not reached: {verdict.reason}. Try again later.")
        return passed(f"It is reached, and has {count} partitions.")

    hub = setup.config.get("event_hub", "")
    title = f"Look up the partitions by {LABELS[transport]}"
    return (
        hub_step(hub),
        Step(key=f"eventhub_partitions:{hub}:{transport}", title=title, run=run),
    )


def format(
    message: Message, config: Mapping[str, Any], credentials: Credentials
) -> Event:
    """The event of a message; those about one profile go to one partition."""
    return Event(str(message.id), str(message.profile_id), message.body)


def send(
    requests: Sequence[Event], config: Mapping[str, Any], credentials: Credentials
) -> list[Outcome]:
    """Send a batch to each partition; each event has an outcome of its own."""
    tried = Try()

    def outcome(error: Exception | None) -> Outcome:
        verdict = Delivered() if error is None else azure_verdicts.of_error(error)
        return tried.outcome(verdict, azure_verdicts.status_of(error))

    try:
        with _producer(config, credentials) as sender:
            came_of = sender.send(requests, deadline=tried.begun + SENT_WITHIN_S)
    except azure_verdicts.FAILURES as error:
        each = outcome(error)
        return [each for _ in requests]
    return [outcome(error) for error in came_of]


def _producer(
    config: Mapping[str, Any], credentials: Credentials
) -> AbstractContextManager[Producer]:
    """The producer for a job's event hub; raises ValueError where it may not be."""
    access = access_of(credentials)
    hub = config.get("event_hub") or access.hub
    return producer(access, hub, Transport(config["transport"]))

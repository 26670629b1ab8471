"""Messages as they are sent to an event hub, and where they should be."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime

import orjson
import pytest
from azure.eventhub._buffered_producer._partition_resolver import PartitionResolver

from lyticsapp.authorizations.azure.producers import Transport
from lyticsapp.authorizations.credentials import credentials_of
from subscriptions.channel import Message
from subscriptions.channels import eventhub
from tests.local_hubs import HUB, PARTITIONS

DEADLINE_S = 0.8
"""Where it is lowered for what hangs."""

by_each_transport = pytest.mark.parametrize("transport", list(Transport))


def message(profile_id=7, **data):
    body = orjson.dumps({"data": data})
    return Message(uuid.uuid4(), 12, profile_id, datetime.now(UTC), body)


def some_messages(count=50):
    return [message(number, user_id=f"u{number}") for number in range(count)]


def config(transport=Transport.AMQP, hub=HUB):
    return {"event_hub": hub, "transport": transport.value}


def sent(messages, config, authorization):
    credentials = credentials_of(authorization)
    requests = [eventhub.format(each, config, credentials) for each in messages]
    return eventhub.send(requests, config, credentials)


def verdicts(messages, config, authorization):
    return [each.verdict for each in sent(messages, config, authorization)]


def expected(messages, partition_count=PARTITIONS):
    """The bodies by partition, as the SDK's own resolver spreads them."""
    ids = [str(number) for number in range(partition_count)]
    resolver = PartitionResolver(ids)
    found = {each: [] for each in ids}
    for each in messages:
        id = resolver.get_partition_id_by_partition_key(str(each.profile_id))
        found[id].append(each.body)
    return found


def threads():
    """Those of producers, in this process."""
    return {each for each in threading.enumerate() if "event-hub" in each.name}

"""Messages a second to each channel by one deliverer, beside its client alone."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from azure.eventhub import EventData, EventHubProducerClient
from django.conf import settings
from django.db import connection

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from lyticsapp.authorizations import lifecycle as authorizations
from lyticsapp.authorizations.aws.session import QUICK
from lyticsapp.authorizations.aws.sessions import session_of
from lyticsapp.authorizations.credentials import Credentials, credentials_of
from lyticsapp.authorizations.lifecycle import Wanted as WantedAuthorization
from lyticsapp.authorizations.models import Authorization
from lyticsapp.jobs import control, workflow
from lyticsapp.local.home import Home
from lyticsapp.network import outgoing
from segments.definitions.upsert import upsert_from_text
from subscriptions import channel, deliver, lookup
from subscriptions.models import Delivery, Subscription
from tests.bench.figures import Figure, Finding
from tests.bench.hub_sink import HubSink, hub_sink
from tests.bench.sink import sink

AIM = 0.6
REGION = "us-east-1"
ROUNDS = 3

_FILL = """
INSERT INTO subscriptions_delivery
       (account_id, subscription_id, profile_id, message_id, cause, segment_ids,
        payload, state, attempts, next_attempt_at, created_at)
SELECT %(account)s, %(subscription)s, nextval('profiles_profile_id_seq'),
       gen_random_uuid(), 'event', '{}',
       json_build_object(
           'data', json_build_object(
               'user_id', n::text, 'note', repeat('x', 900),
               'segment_events', json_build_array()),
           'meta', json_build_object('object', 'user')),
       'pending', 0, now(), now()
FROM generate_series(1, %(messages)s) AS n
"""

Send = Callable[[Sequence[bytes]], object]


@dataclass(frozen=True, slots=True)
class Size:
    messages: int


FULL = Size(messages=20_000)
REDUCED = Size(messages=4_000)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A channel, what its subscription is set to, and its client alone."""

    key: str
    config: Mapping[str, Any]
    authorization: Authorization | None
    alone: Send


def measure(home: Home, size: Size) -> Finding:
    account = Account.objects.create(name="Bench")
    upsert_from_text(account, "FILTER x = 1 FROM user ALIAS bench", SYSTEM)
    with sink() as address, hub_sink() as hub:
        settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
        settings.AWS_ENDPOINT_URL = address
        settings.AZURE_ENDPOINTS = [hub.url]
        candidates = [*_candidates(account, address), _at_hub(account, hub)]
        figures = [_figure(account, each, size) for each in candidates]
    return Finding(
        figures=figures,
        sizes=f"{size.messages:,} messages of 1 KB of as many users",
        how=(
            "One deliverer in this process, messages queued beforehand, until all are"
            " delivered and written down. Floor: the channel's own client in a loop"
            " that sends as many messages of the same size in the same batches, one"
            " batch after the other; a batch of an event hub is divided among its"
            " partitions. Both against a process that reads each request"
            f" and takes all; the median of {ROUNDS} rounds, by turns."
        ),
    )


def fill(subscription: Subscription, messages: int) -> None:
    """Queue messages, each of another user."""
    with connection.cursor() as cursor:
        cursor.execute(
            _FILL,
            {
                "account": subscription.account_id,
                "subscription": subscription.pk,
                "messages": messages,
            },
        )


def _at_hub(account: Account, hub: HubSink) -> Candidate:
    authorization = authorizations.create(
        account,
        "azure",
        "connection_string",
        WantedAuthorization(
            label="Hub", settings={"connection_string": hub.connection_string}
        ),
        SYSTEM,
    )
    return Candidate("eventhub", {}, authorization, _eventhub(hub))


def _candidates(account: Account, address: str) -> list[Candidate]:
    keys = authorizations.create(
        account,
        "aws",
        "keys",
        WantedAuthorization(
            label="Keys",
            settings={"access_key": "A" * 20, "secret_key": "s" * 40},
        ),
        SYSTEM,
    )
    credentials = credentials_of(keys)
    queue = f"{address}/123456789012/bench"
    return [
        Candidate(
            "webhook", {"webhook_url": f"{address}/hook"}, None, _webhook(address)
        ),
        Candidate(
            "kinesis",
            {"region": REGION, "stream": "bench"},
            keys,
            _kinesis(credentials),
        ),
        Candidate(
            "sqs",
            {"region": REGION, "queue_url": queue},
            keys,
            _sqs(credentials, queue),
        ),
    ]


def _webhook(address: str) -> Send:
    headers = {"Content-Type": "application/json", "Authorization": "x" * 40}

    def send(bodies: Sequence[bytes]) -> object:
        return outgoing.request(
            "POST", f"{address}/hook", headers, bodies[0], timeout_s=15
        )

    return send


def _kinesis(credentials: Credentials) -> Send:
    client = session_of(credentials).client("kinesis", REGION, QUICK)

    def send(bodies: Sequence[bytes]) -> object:
        records = [
            {"Data": body, "PartitionKey": str(n)} for n, body in enumerate(bodies)
        ]
        return client.put_records(StreamName="bench", Records=records)

    return send


def _sqs(credentials: Credentials, queue: str) -> Send:
    client = session_of(credentials).client("sqs", REGION, QUICK)

    def send(bodies: Sequence[bytes]) -> object:
        entries = [
            {"Id": str(n), "MessageBody": body.decode()}
            for n, body in enumerate(bodies)
        ]
        return client.send_message_batch(QueueUrl=queue, Entries=entries)

    return send


def _eventhub(hub: HubSink) -> Send:
    client = EventHubProducerClient.from_connection_string(hub.connection_string)
    partitions = client.get_partition_ids()

    def send(bodies: Sequence[bytes]) -> object:
        for number, partition in enumerate(partitions):
            batch = client.create_batch(partition_id=partition)
            for body in bodies[number :: len(partitions)]:
                batch.add(EventData(body))
            client.send_batch(batch)
        return None

    return send


def _figure(account: Account, candidate: Candidate, size: Size) -> Figure:
    subscription = _subscription(account, candidate)
    batch = channel.get(candidate.key).limits(candidate.config).messages
    measured, floors = [], []
    for _ in range(ROUNDS):
        floors.append(_alone(candidate.alone, size.messages, batch))
        measured.append(_delivered(subscription, size.messages))
    return Figure(
        what=f"messages to {channel.get(candidate.key).title}, one deliverer",
        measured=median(measured),
        floor=median(floors),
        unit="messages/s",
        aim=AIM,
        at_least=True,
    )


def _subscription(account: Account, candidate: Candidate) -> Subscription:
    way = channel.get(candidate.key)
    config = {**candidate.config, "segment_ids": ["bench"]}
    wanted = workflow.Wanted(
        way.workflow, candidate.key, "", candidate.authorization, config
    )
    return lookup.driven_by(control.create(account, wanted, SYSTEM))


def _alone(send: Send, messages: int, batch: int) -> float:
    body = b'{"data":{"user_id":"1","note":"' + b"x" * 900 + b'","segment_events":[]}}'
    begun = time.perf_counter()
    for first in itertools.count(0, batch):
        if first >= messages:
            break
        send([body] * min(batch, messages - first))
    return messages / (time.perf_counter() - begun)


def _delivered(subscription: Subscription, messages: int) -> float:
    waiting = Delivery.objects.for_account(subscription.account_id).filter(
        subscription=subscription, state="pending"
    )
    fill(subscription, messages)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE subscriptions_delivery")
    begun = time.perf_counter()
    while deliver.deliver(subscription.pk):
        pass
    took = time.perf_counter() - begun
    assert not waiting.exists(), "all has to be delivered"
    return messages / took

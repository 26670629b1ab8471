"""A stream at the local AWS: by keys, and by a role whose sessions end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.aws.external_ids import external_id_of
from lyticsapp.authorizations.aws.sessions import session_as
from lyticsapp.authorizations.credentials import no_credentials
from subscriptions.channels import kinesis
from tests.local_aws import LocalAws, trust
from tests.subscriptions.contract.channels.kinesis import WRITE, Stream
from tests.subscriptions.contract.harness import Fixture
from tests.subscriptions.faults.aws import AwsService, Entry, misbehaving
from tests.subscriptions.faults.harness import Destination
from tests.subscriptions.faults.schedule import Fault, Schedule, Strike
from tests.subscriptions.faults.server import Answer, Request

WAYS = ("keys", "role")
FAULTS = tuple(set(Fault) - {Fault.DETACH})
REFUSALS = {
    Fault.ERROR: (500, "InternalFailure"),
    Fault.UNAVAILABLE: (503, "ServiceUnavailable"),
    Fault.THROTTLE: (400, "ThrottlingException"),
    Fault.EXPIRED: (400, "ExpiredTokenException"),
}
EXPIRATION = re.compile(rb"<Expiration>.*?</Expiration>")


class Kinesis(AwsService):
    """Sessions of roles end by our time, which is moved, and not by that of AWS."""

    def take(self, request: Request) -> Answer:
        answer = super().take(request)
        body = EXPIRATION.sub(_in_an_hour(), answer.body)
        return replace(answer, body=body)


@contextmanager
def destination(
    way: str, schedule: Schedule, account: Account, fixture: Fixture
) -> Iterator[Destination]:
    aws: LocalAws = fixture("installation")
    aws.reset()
    stream = Stream(aws, account)
    service = Kinesis(
        aws,
        "kinesis",
        target="Kinesis_20131202.PutRecords",
        entries="Records",
        refusals=REFUSALS,
        merge=_merged,
    )
    with misbehaving(service, schedule, kinesis, fixture):
        if way == "keys":
            yield Destination(stream.config, stream.authorization, stream.received)
        else:
            trusted = trust(aws.arn, external_id=external_id_of(account.pk))
            arn = aws.role(trusted, WRITE)
            session_as(arn, no_credentials(account.pk))  # knows the external id now
            config = {**stream.config, "role_arn": arn}
            yield Destination(config, None, stream.received)


def _in_an_hour() -> bytes:
    ends_at = datetime.now(UTC) + timedelta(hours=1)
    return f"<Expiration>{ends_at:%Y-%m-%dT%H:%M:%SZ}</Expiration>".encode()


def _merged(
    entries: Sequence[Entry], failing: set[int], taken: dict[str, Any], strike: Strike
) -> dict[str, Any]:
    code = "InternalFailure"
    if strike.abruptly:
        code = "ProvisionedThroughputExceededException"
    records = iter(taken.get("Records", ()))
    return {
        "FailedRecordCount": len(failing),
        "Records": [
            {"ErrorCode": code, "ErrorMessage": "made up"}
            if number in failing
            else next(records)
            for number in range(len(entries))
        ],
    }

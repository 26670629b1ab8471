"""A namespace: its event hubs, who may use them, and how it answers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lyticsapp.local.cloud.eventhubs import sas
from lyticsapp.local.cloud.eventhubs.access import Claim, Grant
from lyticsapp.local.cloud.eventhubs.behaviour import Answer, Behaviour
from lyticsapp.local.cloud.eventhubs.entra import Application
from lyticsapp.local.cloud.eventhubs.errors import (
    DroppedError,
    MalformedError,
    NotFoundError,
    TooLargeError,
    UnauthorizedError,
)
from lyticsapp.local.cloud.eventhubs.hub import EventHub

# https://learn.microsoft.com/azure/event-hubs/event-hubs-quotas
MAX_SEND_BYTES = 1024 * 1024
MAX_PARTITIONS = 32
HUB_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]{0,254}[A-Za-z0-9])?", re.ASCII)


class Namespace:
    """What one local Event Hubs holds; used in its server's thread alone."""

    def __init__(self, *, policies: Sequence[sas.Policy], application: Application):
        self.policies = {policy.name: policy for policy in policies}
        self.application = application
        self.hubs: dict[str, EventHub] = {}
        self.behaviour = Behaviour()

    def create_hub(self, name: str, *, partition_count: int) -> EventHub:
        """Make an event hub, or give the one of that name as it is."""
        if not HUB_NAME.fullmatch(name):
            raise MalformedError(f"'{name}' is no name of an event hub.")
        if not 1 <= partition_count <= MAX_PARTITIONS:
            raise MalformedError(f"An event hub has 1 to {MAX_PARTITIONS} partitions.")
        if name.lower() not in self.hubs:
            self.hubs[name.lower()] = EventHub(name, partition_count=partition_count)
        return self.hubs[name.lower()]

    def hub(self, name: str) -> EventHub:
        """The event hub of that name; NotFoundError where there is none."""
        if name.lower() not in self.hubs:
            raise NotFoundError(f"The messaging entity '{name}' could not be found.")
        return self.hubs[name.lower()]

    def grant(self, token: str) -> Grant:
        """What a token grants, of either kind; UnauthorizedError where it is wrong."""
        if token.startswith(sas.SCHEME):
            return sas.check(token, self.policies)
        return self.application.grant(token)

    def grant_by_key(self, name: str, key: str) -> Grant:
        """What the holder of a policy's own key may do."""
        policy = self.policies.get(name)
        if policy is None or policy.key != key:
            raise UnauthorizedError("InvalidSignature: The policy or key is wrong.")
        return Grant(claims=policy.claims, expires_at=float("inf"), path=policy.hub)

    async def send(
        self,
        hub: EventHub,
        contents: Sequence[bytes],
        *,
        partition_key: str | None,
        partition_id: str | None,
    ) -> None:
        """Store events as one send, or go wrong as told."""
        answer = await self.behaviour.before_storing()
        hub.publish(contents, partition_key=partition_key, partition_id=partition_id)
        if answer is Answer.STORE_AND_DROP:
            raise DroppedError


def check_size(size: int) -> None:
    """TooLargeError where a send holds more than is allowed."""
    if size > MAX_SEND_BYTES:
        raise TooLargeError(
            f"The received message (size:{size} bytes) exceeds the limit"
            f" ({MAX_SEND_BYTES} bytes) currently allowed on the link."
        )


def check_access(grants: Sequence[Grant], claim: Claim, path: str) -> None:
    """UnauthorizedError where none of the grants allows a claim at a path."""
    if not any(grant.allows(claim, path) for grant in grants):
        raise UnauthorizedError(
            f"Unauthorized access. '{claim}' claim(s) are required to perform this"
            f" operation. Resource: '{path}'."
        )

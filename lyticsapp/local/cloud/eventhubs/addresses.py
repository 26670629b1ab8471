"""Where a link leads: a node, an event hub, or one of its partitions."""

from __future__ import annotations

from dataclasses import dataclass

from lyticsapp.local.cloud.eventhubs import cbs, management
from lyticsapp.local.cloud.eventhubs.access import path_of
from lyticsapp.local.cloud.eventhubs.errors import NotFoundError

NODES = (cbs.NODE, management.NODE)


@dataclass(frozen=True)
class Address:
    """One of `$cbs` and `$management`, or an event hub and perhaps its partition."""

    path: str
    node: str = ""
    hub: str = ""
    partition_id: str | None = None


def parse(text: str | None) -> Address:
    """Read an address as clients write it; NotFoundError where it leads nowhere."""
    path = path_of(text) if text and "://" in text else (text or "").strip("/")
    match path.split("/"):
        case [*_, node] if node in NODES:
            return Address(path, node=node)
        case [hub] if hub:
            return Address(path, hub=hub)
        case [hub, "Partitions", id]:
            return Address(path, hub=hub, partition_id=id)
        case [hub, "ConsumerGroups", _, "Partitions", id]:
            return Address(path, hub=hub, partition_id=id)
    raise NotFoundError(f"The messaging entity '{path}' could not be found.")

"""An event hub that keeps nothing, in a process of its own.

    with hub_sink() as hub:
        hub.connection_string, hub.url

It speaks as the local Event Hubs do, and is done with events when it has read them.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from lyticsapp.local.cloud.eventhubs.entra import Application
from lyticsapp.local.cloud.eventhubs.hub import EventHub
from lyticsapp.local.cloud.eventhubs.namespace import Namespace
from lyticsapp.local.cloud.eventhubs.sas import Policy
from lyticsapp.local.cloud.eventhubs.server import Server
from lyticsapp.local.parts import HOST
from tests.bench.serving import serving

HUB = "bench"
PARTITIONS = 4
POLICY = Policy(name="send", key="key-of-the-bench")


@dataclass(frozen=True, slots=True)
class HubSink:
    """Where it is."""

    port: int

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def connection_string(self) -> str:
        return (
            f"Endpoint=sb://{HOST}:{self.port}/;SharedAccessKeyName={POLICY.name};"
            f"SharedAccessKey={POLICY.key};EntityPath={HUB};"
            "UseDevelopmentEmulator=true"
        )


class _Namespace(Namespace):
    async def send(
        self,
        hub: EventHub,
        contents: Sequence[bytes],
        *,
        partition_key: str | None,
        partition_id: str | None,
    ) -> None:
        """Keep none of them."""


@contextmanager
def hub_sink() -> Iterator[HubSink]:
    """One that runs until the block ends."""
    with serving("tests.bench.hub_sink") as port:
        yield HubSink(port)


async def _serve(port: int) -> None:
    nobody = Application(tenant_id="", client_id="", client_secret="", signing_key="")
    namespace = _Namespace(policies=[POLICY], application=nobody)
    namespace.create_hub(HUB, partition_count=PARTITIONS)
    server = await Server(namespace).start(HOST, port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))

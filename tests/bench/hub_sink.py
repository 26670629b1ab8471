"""An event hub that keeps nothing, in a process of its own.

    with hub_sink() as hub:
        hub.connection_string, hub.url

It speaks as the local Event Hubs do, and is done with events when it has read them.
"""

from __future__ import annotations

import asyncio
import subprocess
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
from tests.bench.ground import ROOT
from tests.ports import free_port, is_taken
from tests.waiting import wait_until

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
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.hub_sink", str(port)], cwd=ROOT
    )
    try:
        wait_until(lambda: is_taken(port), what="the event hub to listen")
        yield HubSink(port)
    finally:
        process.kill()
        process.wait()


async def _serve(port: int) -> None:
    nobody = Application(tenant_id="", client_id="", client_secret="", signing_key="")
    namespace = _Namespace(policies=[POLICY], application=nobody)
    namespace.create_hub(HUB, partition_count=PARTITIONS)
    server = await Server(namespace).start(HOST, port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))

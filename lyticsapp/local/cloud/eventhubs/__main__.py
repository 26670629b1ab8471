"""The part of `up --local-cloud` that stands in for Azure Event Hubs."""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

from lyticsapp.local.cloud.eventhubs.control import PARTITIONS
from lyticsapp.local.cloud.eventhubs.entra import Application
from lyticsapp.local.cloud.eventhubs.keys import HUB, POLICY, NamespaceKeys
from lyticsapp.local.cloud.eventhubs.namespace import Namespace
from lyticsapp.local.cloud.eventhubs.sas import Policy
from lyticsapp.local.cloud.eventhubs.server import Server
from lyticsapp.local.parts import HOST


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    asyncio.run(_serve(NamespaceKeys.of(options.keys), options.port))


async def _serve(keys: NamespaceKeys, port: int) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await Server(_namespace(keys)).start(HOST, port)
    await stopped.wait()


def _namespace(keys: NamespaceKeys) -> Namespace:
    namespace = Namespace(
        policies=[Policy(name=POLICY, key=keys.shared_access_key)],
        application=Application(
            tenant_id=keys.tenant_id,
            client_id=keys.client_id,
            client_secret=keys.client_secret,
            signing_key=keys.signing_key,
        ),
    )
    namespace.create_hub(HUB, partition_count=PARTITIONS)
    return namespace


if __name__ == "__main__":
    main()

"""The local Event Hubs for tests: `local_hubs`, empty at the start of each test.

    def test_something(local_hubs: LocalHubs) -> None:
        local_hubs.connection_string()           # may do everything; takes a policy too
        local_hubs.url, local_hubs.token_url     # for HTTP, and for an application's token
        local_hubs.bodies()["0"]                 # what arrived in partition 0 of `triggers`
        local_hubs.create_hub("orders", partition_count=1)
        local_hubs.behave(Answer.THROTTLE)       # until behave() or the next test
        local_hubs.drop_connections()

One server runs for all tests of a process, in a thread; `LocalHubs(tls=…)` is another,
with TLS.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self, TypeVar

import pytest

from lyticsapp.local.cloud.eventhubs.access import Claim
from lyticsapp.local.cloud.eventhubs.behaviour import Answer, Behaviour
from lyticsapp.local.cloud.eventhubs.entra import Application
from lyticsapp.local.cloud.eventhubs.hub import Event
from lyticsapp.local.cloud.eventhubs.namespace import Namespace
from lyticsapp.local.cloud.eventhubs.sas import Policy
from lyticsapp.local.cloud.eventhubs.server import Server
from lyticsapp.local.parts import HOST

HUB = "triggers"
PARTITIONS = 4
ROOT = Policy(name="RootManageSharedAccessKey", key="root-key-of-tests")
SENDER = Policy(name="send", key="send-key", claims=frozenset({Claim.SEND}))
LISTENER = Policy(name="listen", key="listen-key", claims=frozenset({Claim.LISTEN}))
APPLICATION = Application(
    tenant_id="11111111-1111-1111-1111-111111111111",
    client_id="22222222-2222-2222-2222-222222222222",
    client_secret="secret-of-tests",
    signing_key="signing-key-of-tests",
)
TIMEOUT_S = 10

Value = TypeVar("Value")


class LocalHubs:
    """Serves until the block ends; `triggers` has four partitions."""

    tenant_id = APPLICATION.tenant_id
    client_id = APPLICATION.client_id
    client_secret = APPLICATION.client_secret

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.hub = HUB
        self.port = 0
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hubs", daemon=True)
        self._namespace = Namespace(
            policies=[ROOT, SENDER, LISTENER], application=APPLICATION
        )
        self._server = Server(self._namespace, tls=tls)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(TIMEOUT_S)
        self.reset()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT_S)

    @property
    def host(self) -> str:
        """`host:port` of AMQP, WebSockets and HTTP alike."""
        return f"{'localhost' if self._tls else HOST}:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self.host}"

    @property
    def token_url(self) -> str:
        return f"{self.url}/{self.tenant_id}/oauth2/v2.0/token"

    def connection_string(
        self, policy: Policy = ROOT, *, key: str | None = None, hub: str | None = None
    ) -> str:
        """Of a policy, perhaps with a wrong key, perhaps naming an event hub."""
        parts = [
            f"Endpoint=sb://{self.host}/",
            f"SharedAccessKeyName={policy.name}",
            f"SharedAccessKey={key or policy.key}",
        ]
        parts += [f"EntityPath={hub}"] if hub else []
        parts += [] if self._tls else ["UseDevelopmentEmulator=true"]
        return ";".join(parts)

    def create_hub(self, name: str, *, partition_count: int = PARTITIONS) -> None:
        self._call(
            lambda: self._namespace.create_hub(name, partition_count=partition_count)
        )

    def delete_hub(self, name: str) -> None:
        """Have it be there no more, for those who are connected too."""
        self._call(lambda: self._namespace.hubs.pop(name))
        self.drop_connections()

    def set_policy(self, policy: Policy) -> None:
        """Replace the policy of that name; whoever is connected is let in anew."""
        self._call(lambda: self._namespace.policies.update({policy.name: policy}))
        self.drop_connections()

    def behave(
        self, answer: Answer = Answer.ACCEPT, *, delay: float = 0, rate: float = 1
    ) -> None:
        """Answer a share of sends otherwise than well."""
        behaviour = Behaviour(answer=answer, delay=delay, rate=rate)
        self._call(lambda: setattr(self._namespace, "behaviour", behaviour))

    def drop_connections(self) -> None:
        self._call(self._server.drop_connections)

    def events(self, hub: str = HUB) -> dict[str, list[Event]]:
        """What arrived in each partition, oldest first."""
        return self._call(
            lambda: {
                id: list(partition.events)
                for id, partition in self._namespace.hub(hub).partitions.items()
            }
        )

    def bodies(self, hub: str = HUB) -> dict[str, list[bytes]]:
        """The bodies of what arrived in each partition, oldest first."""
        return {
            id: [event.body for event in events]
            for id, events in self.events(hub).items()
        }

    def reset(self) -> None:
        """Forget every event hub but an empty `triggers`, and behave well."""
        self._call(self._namespace.hubs.clear)
        self.create_hub(HUB)
        self.behave()

    def _call(self, function: Callable[[], Value]) -> Value:
        """Run in the server's thread, as whatever it has is that thread's."""

        async def called() -> Value:
            return function()

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result(TIMEOUT_S)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(self._server.start(HOST, 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()


@pytest.fixture(scope="session")
def _hubs_server() -> Iterator[LocalHubs]:
    with LocalHubs() as hubs:
        yield hubs


@pytest.fixture
def local_hubs(_hubs_server: LocalHubs) -> LocalHubs:
    """The Event Hubs of this process, with an empty hub `triggers`."""
    _hubs_server.reset()
    return _hubs_server

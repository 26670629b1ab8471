"""The stand-ins of a home: their addresses, and what the other parts are told."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from lyticsapp.local.cloud.aws.keys import Keys
from lyticsapp.local.cloud.eventhubs.keys import HUB, NamespaceKeys
from lyticsapp.local.home import Home
from lyticsapp.local.parts import HOST, Part

REGION = "us-east-1"
LOOPBACK = "127.0.0.0/8,::1/128"


@dataclass(frozen=True)
class StandIns:
    """AWS, Event Hubs with Entra ID, and inbox with mailbox, each on a port."""

    LABELS: ClassVar[dict[str, str]] = {
        "aws_endpoint_url": "AWS",
        "eventhub_namespace_url": "Event Hubs",
        "inbox_url": "Inbox",
        "mailbox_url": "Mailbox",
    }

    home: Home
    aws_port: int
    hubs_port: int
    inbox_port: int
    aws_keys: Keys
    hubs_keys: NamespaceKeys

    @classmethod
    def choose(cls, home: Home) -> StandIns:
        """The keys of the last run, and its ports where they are free."""
        known = home.credentials()
        return cls(
            home=home,
            aws_port=_port_of(known.get("aws_endpoint_url")),
            hubs_port=_port_of(known.get("eventhub_namespace_url")),
            inbox_port=_port_of(known.get("inbox_url")),
            aws_keys=Keys.known(known) or Keys.new(),
            hubs_keys=NamespaceKeys.of(home.eventhubs_file),
        )

    @property
    def addresses(self) -> dict[str, str]:
        return {
            "aws_endpoint_url": f"http://{HOST}:{self.aws_port}",
            "eventhub_namespace_url": f"http://{HOST}:{self.hubs_port}",
            "eventhub_name": HUB,
            "azure_authority_url": f"http://{HOST}:{self.hubs_port}",
            "inbox_url": f"http://{HOST}:{self.inbox_port}/inbox",
            "mailbox_url": f"http://{HOST}:{self.inbox_port}/mail",
        }

    @property
    def secrets(self) -> dict[str, str]:
        """What opens the local AWS and the local Azure."""
        return {
            **self._aws_secrets(),
            "eventhub_connection_string": self.hubs_keys.connection_string(
                f"{HOST}:{self.hubs_port}"
            ),
            "azure_tenant_id": self.hubs_keys.tenant_id,
            "azure_client_id": self.hubs_keys.client_id,
            "azure_client_secret": self.hubs_keys.client_secret,
        }

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """What the platform's own parts are told; what was set before wins."""
        return {
            "WEBHOOK_ALLOWED_NETWORKS": LOOPBACK,
            "EMAIL_URL": f"filemail:///{self.home.mail}",
            "AWS_ENDPOINT_URL": self.addresses["aws_endpoint_url"],
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,  # the name that boto3 reads
            **self._aws_identity(environ),
            "AZURE_ENDPOINTS": self.addresses["eventhub_namespace_url"],
            "AZURE_AUTHORITY_URL": self.addresses["azure_authority_url"],
            **environ,
        }

    def _aws_identity(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Both keys or none: a pair that was set before is not mixed with ours."""
        if "AWS_ACCESS_KEY_ID" in environ:
            return {}
        return {name.upper(): value for name, value in self._aws_secrets().items()}

    def _aws_secrets(self) -> dict[str, str]:
        return {f"aws_{name}": value for name, value in asdict(self.aws_keys).items()}

    def parts(self) -> list[Part]:
        return [
            Part(name="aws", arguments=self._aws(), stage=1, stop_timeout_s=5),
            Part(name="eventhubs", arguments=self._hubs(), stage=1, stop_timeout_s=5),
            Part(name="inbox", arguments=self._inbox(), stage=1, stop_timeout_s=5),
        ]

    def _aws(self) -> tuple[str, ...]:
        return (
            "lyticsapp.local.cloud.aws.server",
            f"--host={HOST}",
            f"--port={self.aws_port}",
            # A file, as everybody can read arguments.
            f"--credentials={self.home.credentials_file}",
        )

    def _hubs(self) -> tuple[str, ...]:
        return (
            "lyticsapp.local.cloud.eventhubs",
            f"--keys={self.home.eventhubs_file}",
            f"--port={self.hubs_port}",
        )

    def _inbox(self) -> tuple[str, ...]:
        return (
            "gunicorn",
            f"lyticsapp.local.cloud.inbox:create({str(self.home.mail)!r})",
            f"--bind={HOST}:{self.inbox_port}",
            # What arrived is kept in the memory of this one process.
            "--workers=1",
            "--threads=64",
            "--no-control-socket",
            "--log-level=warning",
        )


def _port_of(address: str | None) -> int:
    """The port of a known address if it is free, else any free one."""
    port = (urlsplit(address).port if address else None) or 0
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return _port_of(None)
        chosen: int = probe.getsockname()[1]
        return chosen

"""The stand-ins of a home: their addresses, and what the other parts are told."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from lyticsapp.local.cloud.aws.keys import Keys
from lyticsapp.local.home import Home
from lyticsapp.local.parts import HOST, Part

REGION = "us-east-1"
LOOPBACK = "127.0.0.0/8,::1/128"


@dataclass(frozen=True)
class StandIns:
    """AWS on one port, the inbox and the mailbox on another."""

    LABELS: ClassVar[dict[str, str]] = {
        "aws_endpoint_url": "AWS",
        "inbox_url": "Inbox",
        "mailbox_url": "Mailbox",
    }

    home: Home
    aws_port: int
    inbox_port: int
    aws_keys: Keys

    @classmethod
    def choose(cls, home: Home) -> StandIns:
        """The keys of the last run, and its ports where they are free."""
        known = home.credentials()
        return cls(
            home=home,
            aws_port=_port_of(known.get("aws_endpoint_url")),
            inbox_port=_port_of(known.get("inbox_url")),
            aws_keys=Keys.known(known) or Keys.new(),
        )

    @property
    def addresses(self) -> dict[str, str]:
        return {
            "aws_endpoint_url": f"http://{HOST}:{self.aws_port}",
            "inbox_url": f"http://{HOST}:{self.inbox_port}/inbox",
            "mailbox_url": f"http://{HOST}:{self.inbox_port}/mail",
        }

    @property
    def secrets(self) -> dict[str, str]:
        """The installation's own identity at the local AWS."""
        return {f"aws_{name}": value for name, value in asdict(self.aws_keys).items()}

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """What the platform's own parts are told; what was set before wins."""
        return {
            "WEBHOOK_ALLOWED_NETWORKS": LOOPBACK,
            "EMAIL_URL": f"filemail:///{self.home.mail}",
            "AWS_ENDPOINT_URL": self.addresses["aws_endpoint_url"],
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,  # the name that boto3 reads
            **self._aws_identity(environ),
            **environ,
        }

    def _aws_identity(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Both keys or none: a pair that was set before is not mixed with ours."""
        if "AWS_ACCESS_KEY_ID" in environ:
            return {}
        return {name.upper(): value for name, value in self.secrets.items()}

    def parts(self) -> list[Part]:
        return [
            Part(name="aws", arguments=self._aws(), stage=1, stop_timeout_s=5),
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

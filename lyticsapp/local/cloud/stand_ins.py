"""The stand-ins of a home: their addresses, and what the other parts are told."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from lyticsapp.local.home import Home
from lyticsapp.local.parts import HOST, Part

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

    @classmethod
    def choose(cls, home: Home) -> StandIns:
        """Ports of the last run where they are free: stored addresses still hold."""
        known = home.credentials()
        return cls(
            home=home,
            aws_port=_port_of(known.get("aws_endpoint_url")),
            inbox_port=_port_of(known.get("inbox_url")),
        )

    @property
    def addresses(self) -> dict[str, str]:
        return {
            "aws_endpoint_url": f"http://{HOST}:{self.aws_port}",
            "inbox_url": f"http://{HOST}:{self.inbox_port}/inbox",
            "mailbox_url": f"http://{HOST}:{self.inbox_port}/mail",
        }

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """What the platform's own parts are told; what was set before wins."""
        return {
            "WEBHOOK_ALLOWED_NETWORKS": LOOPBACK,
            "EMAIL_URL": f"filemail:///{self.home.mail}",
            "AWS_ENDPOINT_URL": self.addresses["aws_endpoint_url"],
            **environ,
        }

    def parts(self) -> list[Part]:
        return [
            Part(
                name="aws",
                arguments=("moto.server", f"--host={HOST}", f"--port={self.aws_port}"),
                stage=1,
                stop_timeout_s=5,
            ),
            Part(name="inbox", arguments=self._inbox(), stage=1, stop_timeout_s=5),
        ]

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

"""Ports for the servers that tests start."""

from __future__ import annotations

import socket

from lyticsapp.local.parts import HOST


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def is_taken(port: int) -> bool:
    """Whether somebody listens on it."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0

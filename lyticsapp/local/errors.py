"""What can go wrong when the parts of a home are started.

LocalError          a part of the home cannot run; the message says what to do
├── ServerMissingError   a server program is not installed
├── ServerFailedError    a server was started and did not come up
└── HomeError            the home directory cannot be used
"""

from __future__ import annotations


class LocalError(Exception):
    """A part of this home cannot run."""


class ServerMissingError(LocalError):
    """A server program is not installed."""


class ServerFailedError(LocalError):
    """A server was started and did not come up."""


class HomeError(LocalError):
    """The home directory cannot be used."""

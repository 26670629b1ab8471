"""What can go wrong with events on their way in; docstrings are the messages.

StreamsError
├── BadRecordError        one record; the call goes on when it may drop records
├── UnreadableTimeError   a value is not a time
└── CallError             the whole call is refused and nothing is stored
    ├── BadCallError
    ├── RefusedError      because of its first bad record
    ├── TooLargeError
    ├── LengthRequiredError
    ├── UnknownFormatError
    └── NotStoredError
"""

from __future__ import annotations

import psycopg


class StreamsError(Exception):
    """The events could not be taken."""

    def __str__(self) -> str:
        return " ".join((super().__str__() or self.__doc__ or "").split())


class BadRecordError(StreamsError):
    """The record cannot be stored."""


class UnreadableTimeError(StreamsError):
    """This is not a time."""


class CallError(StreamsError):
    """The call is refused; nothing was stored."""

    status = 400


class BadCallError(CallError):
    """The call cannot be understood; nothing was stored."""


class RefusedError(CallError):
    """A bad record refuses the whole call."""

    def __init__(self, unit: str, position: int, reason: str) -> None:
        super().__init__(
            f"{unit} {position}: {reason} Nothing was stored; with droperrors=true"
            " the good records go on and the bad ones are kept with their reason."
        )
        self.position = position
        self.reason = reason


class TooLargeError(CallError):
    """The call is too large; nothing was stored."""

    status = 413


class LengthRequiredError(CallError):
    """Send the call with its length: this server cannot take it in chunks."""

    status = 411


class UnknownFormatError(CallError):
    """Say what is sent: Content-Type application/csv, or application/json for JSON
    lines. Nothing was stored."""

    status = 415


class NotStoredError(CallError):
    """The database did not confirm the events: send them again."""

    status = 503

    @classmethod
    def because_of(cls, error: Exception) -> NotStoredError:
        """The refusal that goes with an error of the database."""
        if isinstance(error.__cause__, psycopg.errors.DiskFull):
            return cls(
                "The server's disk is full; nothing was stored. Send the events again"
                " when there is space."
            )
        return cls()

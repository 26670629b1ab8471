"""What can go wrong, as AMQP and as HTTP tell it.

EventHubsError
    NotFoundError       no such event hub or partition
    UnauthorizedError   no token, a wrong one, or one without the claim
    TooLargeError       more than one send may hold
    MalformedError      cannot be read
    BusyError           told to throttle
    InternalError       told to fail
    DetachedError       told to detach the link
DroppedError            told to end the connection without a word
"""

from __future__ import annotations

from typing import ClassVar


class EventHubsError(Exception):
    """An answer other than success: an AMQP condition and an HTTP status."""

    condition: ClassVar[str]
    status: ClassVar[int]


class NotFoundError(EventHubsError):
    condition = "amqp:not-found"
    status = 404


class UnauthorizedError(EventHubsError):
    condition = "amqp:unauthorized-access"
    status = 401


class TooLargeError(EventHubsError):
    condition = "amqp:link:message-size-exceeded"
    status = 413


class MalformedError(EventHubsError):
    condition = "amqp:decode-error"
    status = 400


class BusyError(EventHubsError):
    condition = "com.microsoft:server-busy"
    status = 503


class InternalError(EventHubsError):
    condition = "amqp:internal-error"
    status = 500


class DetachedError(EventHubsError):
    condition = "amqp:link:detach-forced"
    status = 503


class DroppedError(Exception):
    """The connection ends here."""

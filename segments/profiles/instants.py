"""Instants as whole µs since 1970, as profiles store them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def instant(us: int) -> datetime:
    """The instant so many µs after 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=us)


def microseconds(moment: datetime) -> int:
    """How many µs after 1970 an instant is."""
    return (moment - _EPOCH) // _MICROSECOND

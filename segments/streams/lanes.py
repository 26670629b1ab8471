"""Lanes: how events are spread over workers."""

from __future__ import annotations

import zlib

from django.conf import settings

from segments.streams.records import Record


def lane_of(record: Record) -> int:
    """The lane of an event: by its first identity, else by what it holds."""
    if record.identity is None:
        key = record.body
    else:
        key = "\0".join(record.identity).encode()
    return zlib.crc32(key) % int(settings.PIPELINE_LANES)

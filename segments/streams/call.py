"""One call that brings events: whose they are and how it wants them treated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What holds for every record of a call."""

    account_id: int
    stream: str
    identity_fields: tuple[str, ...]
    received_at: datetime
    max_record_bytes: int
    timestamp_field: str = ""
    filename: str = ""
    droperrors: bool = False
    dryrun: bool = False
    unit: str = "Record"
    """What positions count: records of a JSON body, lines of a bulk upload."""

"""The outbox: writes the messages of a batch in the batch's own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Cursor

from segments.pipeline.triggers import ProfileUpdate


class Outbox:
    """The trigger sink of subscriptions, for one account."""

    def __init__(self, account_id: int, definition_version: int) -> None:
        self.account_id = account_id
        self.definition_version = definition_version

    def segments_listened_to(self) -> frozenset[int]:
        """Segments whose transitions anyone is told of."""
        return frozenset()

    def backfilling_segments(self) -> frozenset[int]:
        """Segments some subscription is still being backfilled from."""
        return frozenset()

    def write(
        self, cursor: Cursor[Any], updates: Sequence[ProfileUpdate], at: datetime
    ) -> frozenset[int]:
        """Write the messages of these updates."""
        return frozenset()

    @staticmethod
    def notify(subscription_ids: frozenset[int]) -> None:
        """Hint the deliverers."""

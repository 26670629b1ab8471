"""Counting long lists without reading them to the end."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property

from lyticsapp.face.unfolded import BasePaginator

COUNTED_AT_MOST = 10_000


class CappedPaginator(BasePaginator):
    """Counts at most COUNTED_AT_MOST rows, so that a page never waits for a count."""

    @cached_property
    def count(self) -> int:
        """The number of rows, or COUNTED_AT_MOST where there are more."""
        rows: Any = self.object_list
        return int(rows.order_by()[:COUNTED_AT_MOST].count())

    @property
    def is_capped(self) -> bool:
        """Whether there may be more rows than were counted."""
        return self.count >= COUNTED_AT_MOST

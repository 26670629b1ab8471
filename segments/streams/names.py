"""Streams by name: a stream appears when its name is first used."""

from __future__ import annotations

import time

from django.db import connection
from django.utils import timezone

from segments.streams.models import Stream

# A stream that was deleted is found out within this time.
CACHE_SECONDS = 30.0
CACHE_SIZE = 10_000

_cache: dict[tuple[int, str], tuple[float, int]] = {}


def stream_id(account_id: int, name: str) -> int:
    """The id of the account's stream of this name, which is made where it is new."""
    kept = _cache.get((account_id, name))
    if kept is not None and time.monotonic() - kept[0] < CACHE_SECONDS:
        return kept[1]
    found = _find(account_id, name) or _make(account_id, name)
    if not connection.in_atomic_block:
        _keep(account_id, name, found)
    return found


def _find(account_id: int, name: str) -> int | None:
    streams = Stream.objects.for_account(account_id)
    return streams.filter(name=name).values_list("pk", flat=True).first()


def _make(account_id: int, name: str) -> int:
    stream = Stream(account_id=account_id, name=name, created_at=timezone.now())
    Stream.across_accounts.bulk_create([stream], ignore_conflicts=True)
    found = _find(account_id, name)
    if found is None:
        raise Stream.DoesNotExist(name)
    return found


def _keep(account_id: int, name: str, found: int) -> None:
    if len(_cache) >= CACHE_SIZE:
        _cache.clear()
    _cache[account_id, name] = (time.monotonic(), found)

"""A fair look at an account's profiles: at all, or at as many as time allows.

Profiles come in random order. In a small account they are all looked at, unless
time runs out; in a large one ids are drawn from the range they lie in, and those
that are no profile of the account are known as such. Either way what was looked at
is a simple random sample of the candidates, drawn without replacement.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Max, Min

from segments.profiles.glance import Glance
from segments.profiles.models import Profile

ALL_UP_TO = 20_000
SAMPLED = 10_000
LOT = 500
LEAST_LOT = 10
PROBED_AT_ONCE = 20_000
LONGEST_S = 2.0
_Z95 = 1.96

_PROFILES = """
SELECT id, segment_ids, {columns} FROM profiles_profile
WHERE account_id = %s AND id = ANY(%s)
"""
_random: random.Random = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Seen:
    """A profile as a filter is asked about it."""

    id: int
    segment_ids: frozenset[int]
    values: dict[str, Any]
    """What the glance that was taken gives of its fields."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many users of an account something holds for."""

    value: int
    margin: int
    """The number lies between value - margin and value + margin in 95 of 100 cases."""

    @property
    def exact(self) -> bool:
        """Whether every profile was looked at."""
        return self.margin == 0


class Look:
    """One look at an account's profiles; `lots` first, then `estimate`.

    `filters` is how many of them each profile is asked: the more, the smaller the lots,
    as a lot is finished even when time is over.
    """

    def __init__(self, account_id: int, glance: Glance, *, filters: int = 1) -> None:
        self._account_id = account_id
        self._glance = glance
        self._lot = max(LOT // filters, LEAST_LOT)
        self._candidates = _candidates(account_id)
        whole = isinstance(self._candidates, list)
        self._most = len(self._candidates) if whole else SAMPLED
        self.probed = 0
        self.seen = 0

    def lots(self) -> Iterator[list[Seen]]:
        """Profiles in random order, a lot at a time; each once."""
        ends = time.monotonic() + LONGEST_S
        drawn = _without_repeats(self._candidates)
        while self.seen < self._most and self.probed < len(self._candidates):
            ids = list(islice(drawn, self._next_lot()))
            lot = self._read(ids)
            self.probed += len(ids)
            self.seen += len(lot)
            yield lot
            if time.monotonic() > ends:
                return

    def estimate(self, matches: int) -> Estimate:
        """How many of the account's profiles match, when so many of those seen do.

        The margin is that of Agresti and Coull, which holds for rare matches too,
        with the correction for a sample that is much of the whole.
        """
        whole, probed = len(self._candidates), self.probed
        if probed == whole:
            return Estimate(matches, 0)
        share = (matches + 2) / (probed + 4)
        spread = math.sqrt(share * (1 - share) / (probed + 4))
        left = math.sqrt((whole - probed) / (whole - 1))
        margin = math.ceil(_Z95 * spread * left * whole)
        return Estimate(round(matches * whole / probed), margin)

    def _read(self, ids: list[int]) -> list[Seen]:
        glance = self._glance
        with connection.cursor() as cursor:
            cursor.execute(
                _PROFILES.format(columns=glance.columns),
                (*glance.parameters, self._account_id, ids),
            )
            rows = {row[0]: row for row in cursor.fetchall()}
        return [
            Seen(pk, frozenset(members), glance.values(columns))
            for pk, members, *columns in (rows[i] for i in ids if i in rows)
        ]

    def _next_lot(self) -> int:
        """So many candidates that about a lot of them are profiles."""
        remaining = len(self._candidates) - self.probed
        rarity = self.probed // max(self.seen, 1) if self.probed else 1
        return min(self._lot * max(rarity, 1), PROBED_AT_ONCE, remaining)


def _candidates(account_id: int) -> Sequence[int]:
    """The ids of a small account's profiles; the range of those of a large one."""
    profiles = Profile.objects.for_account(account_id)
    ids = list(profiles.values_list("pk", flat=True)[: ALL_UP_TO + 1])
    if len(ids) <= ALL_UP_TO:
        return ids
    ends = profiles.aggregate(first=Min("pk"), last=Max("pk"))
    return range(ends["first"], ends["last"] + 1)


def _without_repeats(candidates: Sequence[int]) -> Iterator[int]:
    if isinstance(candidates, list):
        yield from _random.sample(candidates, len(candidates))
        return
    drawn: set[int] = set()
    while len(drawn) < len(candidates):
        candidate = _random.choice(candidates)
        if candidate not in drawn:
            drawn.add(candidate)
            yield candidate

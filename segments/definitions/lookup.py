"""Finding segments of an account, by id or by slug."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from lyticsapp.accounts.identifiers import is_public_id
from lyticsapp.accounts.models import Account
from segments.definitions.errors import UnknownSegmentError
from segments.definitions.models import Segment

LISTED_AT_MOST = 2_000
SIZED_AT_MOST = 500


def find(account: Account, ref: str) -> Segment | None:
    """The segment with this id or slug; an id goes before a slug that looks like one."""
    return _find_each(account, [ref]).get(ref)


def get(account: Account, ref: str) -> Segment:
    """The segment with this id or slug."""
    segment = find(account, ref)
    if segment is None:
        raise UnknownSegmentError(ref)
    return segment


def get_all(account: Account, refs: Sequence[str]) -> list[Segment]:
    """The segments with these ids or slugs, each once, in the order of their naming."""
    found = _find_each(account, refs)
    for ref in refs:
        if ref not in found:
            raise UnknownSegmentError(ref)
    return list({found[ref].pk: found[ref] for ref in refs}.values())


@dataclass(frozen=True, slots=True)
class Page:
    """Some segments by slug, and the slug after which the next page begins."""

    segments: Sequence[Segment]
    next_after: str


def listing(
    account: Account,
    *,
    table: str = "user",
    kind: str = "",
    after: str = "",
    sized: bool = False,
) -> Page:
    """The segments of a table by slug; fewer a page where each is to be counted."""
    segments = Segment.objects.for_account(account).filter(table=table, slug__gt=after)
    if kind:
        segments = segments.filter(kind=kind)
    ordered = segments.select_related("account", "created_by").order_by("slug")
    most = SIZED_AT_MOST if sized else LISTED_AT_MOST
    found = list(ordered[:most])
    return Page(found, found[-1].slug if len(found) == most else "")


def _find_each(account: Account, refs: Iterable[str]) -> dict[str, Segment]:
    slugs = {ref: ref.lower() for ref in refs}
    ids = [ref for ref in slugs if is_public_id(ref)]
    segments = Segment.objects.for_account(account).filter(
        Q(slug__in=slugs.values()) | Q(public_id__in=ids)
    )
    by_slug: dict[str, Segment] = {}
    by_id: dict[str, Segment] = {}
    for segment in segments.select_related("account", "created_by"):
        by_slug[segment.slug] = segment
        by_id[segment.public_id] = segment
    found = {ref: by_id.get(ref) or by_slug.get(slug) for ref, slug in slugs.items()}
    return {ref: segment for ref, segment in found.items() if segment is not None}

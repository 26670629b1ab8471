"""Creating a segment, or changing the one of the same slug."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.models import Account
from segments.definitions import draft as drafts
from segments.definitions import lock, recompute
from segments.definitions.draft import Draft
from segments.definitions.errors import InvalidValueError
from segments.definitions.includes import IncludeGraph
from segments.definitions.models import Segment
from segments.definitions.statement import text_under
from segments.definitions.update import change, check_values, keep_version


def upsert_from_text(account: Account, text: str, actor: Actor) -> tuple[Segment, bool]:
    """Create or change the segment that the text's ALIAS names; true if created."""
    return upsert(account, drafts.from_text(text), actor)


def upsert(account: Account, draft: Draft, actor: Actor) -> tuple[Segment, bool]:
    """Create or change the segment of the draft's slug; true if it was created."""
    slug = draft.key
    with lock.exclusive(account.pk):
        segment = Segment.objects.for_account(account).filter(slug=slug).first()
        if segment is None:
            return _create(account, draft, actor), True
        change(segment, replace(draft, slug=slug), actor, silent=False)
        return segment, False


def create(account: Account, draft: Draft, actor: Actor) -> Segment:
    """Create a segment; where its slug is taken, under the slug and a number."""
    with lock.exclusive(account.pk):
        slug = _free_slug(account, draft.key)
        return _create(account, replace(draft, slug=slug), actor)


def _free_slug(account: Account, slug: str) -> str:
    """The slug, or the first of `slug_1`, `slug_2` … that no segment has."""
    segments = Segment.objects.for_account(account)
    taken = set(segments.filter(slug__startswith=slug).values_list("slug", flat=True))
    numbered = (f"{slug}_{number}" for number in count(1))
    return slug if slug not in taken else next(s for s in numbered if s not in taken)


def _create(account: Account, draft: Draft, actor: Actor) -> Segment:
    if draft.statement is None:
        raise InvalidValueError("segment_ql", "is missing: say who is in the segment.")
    slug = draft.key
    IncludeGraph(account).check(draft.statement, slug)
    segment = Segment(
        account=account,
        slug=slug,
        name=draft.name or slug,
        description=draft.description or "",
        filterql=text_under(draft.statement, slug),
        kind=draft.kind or drafts.DEFAULT_KIND,
        tags=list(draft.tags or ()),
        is_public=bool(draft.is_public),
        created_by=actor.author,
    )
    check_values(segment)
    segment.save()
    keep_version(segment, actor)
    recompute.start(segment, silent=True)
    audit.record(
        account=account,
        action="create",
        obj=segment,
        changes={"slug": slug, "filterql": segment.filterql},
        user=actor.user,
        token=actor.token,
    )
    return segment

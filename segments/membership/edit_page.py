"""The page that asks, before an edit of a segment in use, who is to be told.

It carries what was posted to it along, and posts it again with the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse

from lyticsapp.face.errors import ChangeRefusedError
from segments.definitions.dependencies import Dependant, dependants_of
from segments.definitions.draft import Draft
from segments.definitions.includes import IncludeGraph
from segments.definitions.models import Recompute, Segment
from segments.definitions.statement import Statement
from segments.definitions.update import new_filter
from segments.membership.models import Membership
from segments.membership.preview import Moves, moves

if TYPE_CHECKING:
    from lyticsapp.face.model_admin import AccountModelAdmin

ANSWER, TELL, BASELINE, BACK = "moved", "tell", "baseline", "back"
NOT_CARRIED = frozenset({"csrfmiddlewaretoken", ANSWER})
NOT_SAVED = "Not saved yet: nothing has changed."
SEGMENT = "segment"


class AnswerNeededError(Exception):
    """Somebody has to say first who is to be told."""

    def __init__(self, segment: Segment, statement: Statement) -> None:
        super().__init__(segment, statement)
        self.segment = segment
        self.statement = statement


@dataclass(frozen=True, slots=True)
class Consequences:
    """What an edit of a segment does, and whom it reaches."""

    moves: Sequence[Moves]
    hearers: Sequence[Dependant]
    silent_anyway: bool
    """Whether nobody is told, as the first users are still being counted."""

    @property
    def moving(self) -> list[Moves]:
        """The segments that somebody would enter or leave."""
        return [each for each in self.moves if each.any]

    @property
    def still(self) -> int:
        """How many segments that include this one would stay as they are."""
        return sum(1 for each in self.moves[1:] if not each.any)


def is_silent(request: HttpRequest, segment: Segment, draft: Draft) -> bool:
    """Whether those whom the edit moves are not told of; asks, if it must be asked.

    Raises AnswerNeededError, DefinitionError for an edit that cannot be made, and
    ChangeRefusedError for one who would rather go back.
    """
    answer = request.POST.get(ANSWER)
    if answer == BACK:
        raise ChangeRefusedError(NOT_SAVED)
    if answer in (TELL, BASELINE):
        return answer == BASELINE
    stored = Segment.objects.for_account(segment.account_id).get(pk=segment.pk)
    statement = new_filter(stored, draft)
    if statement is not None and _is_in_use(stored):
        IncludeGraph(stored.account).check(statement, stored.slug, stored.pk)
        raise AnswerNeededError(stored, statement)
    return False


def ask(
    page: AccountModelAdmin, request: HttpRequest, needed: AnswerNeededError
) -> HttpResponse:
    """Show what the edit does, and ask."""
    segment = needed.segment
    carried = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in NOT_CARRIED
        for value in values
    ]
    return page.object_page(
        request,
        segment,
        title="Before this is saved",
        template="admin/membership/edit.html",
        context={
            "consequences": consequences(segment, needed.statement),
            "carried": carried,
        },
    )


def consequences(segment: Segment, statement: Statement) -> Consequences:
    """What would happen if the segment had this filter."""
    found = moves(segment, statement)
    hearers: dict[str, Dependant] = {}
    for each in found:
        for dependant in dependants_of(each.segment):
            if dependant.kind != SEGMENT:
                hearers[dependant.public_id] = dependant
    walks = Recompute.objects.for_account(segment.account_id)
    silent = walks.filter(segment=segment, silent=True).exists()
    return Consequences(found, list(hearers.values()), silent)


def _is_in_use(segment: Segment) -> bool:
    """Whether anybody is in it, or in one that hangs on it, or is told of them."""
    graph = IncludeGraph(segment.account)
    keys = [segment.pk, *graph.reached_by(segment)]
    members: Any = Membership.objects.for_account(segment.account_id)
    if members.filter(segment__in=keys, left_at__isnull=True).exists():
        return True
    segments = Segment.objects.for_account(segment.account_id).filter(pk__in=keys)
    return any(
        dependant.kind != SEGMENT
        for each in segments.select_related("account")
        for dependant in dependants_of(each)
    )

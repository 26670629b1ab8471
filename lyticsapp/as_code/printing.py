"""A plan as people read it, a line at a time; secrets are masked."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Any

from lyticsapp.accounts.models import Account
from lyticsapp.as_code.applying import draft_of
from lyticsapp.as_code.document import JobEntry, Secret, SegmentEntry
from lyticsapp.as_code.plan import Default, Difference, Plan, Step
from lyticsapp.as_code.settings import holds_secret
from lyticsapp.masking import MASK, without_secrets
from segments.definitions import lookup
from segments.definitions.errors import InvalidSegmentQLError
from segments.definitions.update import new_filter
from segments.membership.preview import moves
from segments.membership.sampling import Estimate

SHOWN_ENDS = 200


def lines(plan: Plan, account: Account, *, silent: bool) -> Iterator[str]:
    """What would be done; the users whom an edit moves are looked for on the way."""
    for segment_step in plan.segments:
        yield from _step(segment_step)
        yield from _moves(segment_step, account, silent=silent)
    for job_step in plan.jobs:
        yield from _step(job_step)
    if not plan.steps:
        yield "Nothing to do."
    yield (
        f"{_count(sum(1 for each in plan.steps if each.now is None))} to create, "
        f"{_count(sum(1 for each in plan.steps if each.now is not None))} to change, "
        f"{_count(plan.unchanged)} unchanged."
    )
    yield from _others(plan.other_segments, "segment")
    yield from _others(plan.other_jobs, "job")


def _step(step: Step[SegmentEntry] | Step[JobEntry]) -> Iterator[str]:
    is_new = step.now is None
    yield f"{'+ create' if is_new else '~ change'} {step.wanted}"
    for each in step.differences:
        if each.name == "filter":
            yield from _filter(each)
        elif not is_new:
            yield f"    {each.name}: {_shown(each.before)} -> {_shown(each.after)}" + (
                " (another secret)" if holds_secret(each.after) else ""
            )
        elif each.after or each.name.startswith("config."):
            yield f"    {each.name}: {_shown(each.after)}"


def _filter(difference: Difference) -> Iterator[str]:
    """The filter line by line; of a changed one, what goes and what comes."""
    after = difference.after.splitlines()
    yield "    filter:"
    if difference.before is Default.DEFAULT:
        yield from (f"      {line}" for line in after)
        return
    changed = difflib.ndiff(difference.before.splitlines(), after)
    yield from (f"      {line}" for line in changed if not line.startswith("?"))


def _moves(
    step: Step[SegmentEntry], account: Account, *, silent: bool
) -> Iterator[str]:
    """How many users the edit would move, in this segment and those that include it."""
    if step.now is None:
        return
    segment = lookup.get(account, step.wanted.slug)
    statement = new_filter(segment, draft_of(step.wanted))
    if statement is None:
        return
    told = "without telling anybody" if silent else "and subscribers are told"
    try:
        for each in moves(segment, statement, users=0):
            yield (
                f"    {_estimate(each.entering.size)} users would enter "
                f"{each.segment.slug}, {_estimate(each.leaving.size)} leave, {told}"
            )
    except InvalidSegmentQLError:
        yield "    who moves is known once the segments it includes are there"


def _estimate(size: Estimate) -> str:
    return f"{'' if size.exact else 'about '}{_count(size.value)}"


def _others(count: int, noun: str) -> Iterator[str]:
    if count == 1:
        yield f"1 {noun} is not in the file and stays as it is."
    elif count:
        yield f"{_count(count)} {noun}s are not in the file and stay as they are."


def _shown(value: Any) -> str:
    if isinstance(value, Default):
        return value.value
    text = json.dumps(_masked(value), ensure_ascii=False)
    text = without_secrets(text)
    return text if len(text) <= SHOWN_ENDS else f"{text[:SHOWN_ENDS]}…"


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _masked(each) for name, each in value.items()}
    return MASK if isinstance(value, Secret) else value


def _count(number: int) -> str:
    return f"{number:,}"

"""What a filter would do: who matches, who would enter, who would leave."""

from __future__ import annotations

import pytest

from lyticsapp.accounts.audit import SYSTEM
from segments.definitions.errors import InvalidSegmentQLError
from segments.definitions.statement import read
from segments.definitions.upsert import upsert_from_text
from segments.membership.preview import moves, preview
from segments.membership.sampling import Estimate
from tests.segments.membership.people import make_fields, make_profiles


@pytest.fixture
def people(account):
    make_fields(account, age="number", vip="bool")
    bodies = [{"user_id": f"u{n}", "age": str(n), "vip": n % 2 == 0} for n in range(10)]
    return make_profiles(account, bodies)


def segment_of(account, text, members=()):
    segment, _ = upsert_from_text(account, text, SYSTEM)
    for profile in members:
        profile.segment_ids.append(segment.pk)
        profile.save()
    return segment


def labels(group):
    return sorted(map(str, group.users))


def test_it_counts_and_shows_who_matches(account, people):
    group = preview(account, read("FILTER age >= 7"))
    assert group.size == Estimate(3, 0)
    assert labels(group) == ["u7", "u8", "u9"]


def test_it_shows_a_few_of_many(account, people):
    group = preview(account, read("FILTER *"), users=4)
    assert group.size.value == 10
    assert len(set(labels(group))) == 4


def test_it_knows_no_other_account(stranger, account, people):
    assert preview(stranger, read("FILTER *")).size == Estimate(0, 0)


def test_it_follows_includes(account, people):
    segment_of(account, "FILTER age >= 7 ALIAS old")
    segment_of(account, "FILTER INCLUDE old ALIAS through")
    group = preview(account, read("FILTER AND (INCLUDE through, vip = true)"))
    assert labels(group) == ["u8"]
    assert preview(account, read("FILTER INCLUDE OLD")).size.value == 3
    assert preview(account, read("FILTER INCLUDE unknown")).size.value == 0


def test_it_follows_includes_by_id_however_it_is_written(account, people):
    old = segment_of(account, "FILTER age >= 7 ALIAS old")
    for name in (old.public_id, old.public_id.upper()):
        assert preview(account, read(f"FILTER INCLUDE {name}")).size.value == 3


def test_it_refuses_filters_that_lead_back(account):
    segment = segment_of(account, "FILTER age >= 7 ALIAS old")
    segment_of(account, "FILTER INCLUDE old ALIAS through")
    with pytest.raises(InvalidSegmentQLError, match="old"):
        moves(segment, read("FILTER INCLUDE through"))


def test_it_tells_who_would_enter_and_leave(account, people):
    segment = segment_of(account, "FILTER age >= 7 ALIAS old", people[7:])
    (move,) = moves(segment, read("FILTER AND (age >= 5, age <= 8)"))
    assert move.segment == segment
    assert (move.entering.size, labels(move.entering)) == (Estimate(2, 0), ["u5", "u6"])
    assert (move.leaving.size, labels(move.leaving)) == (Estimate(1, 0), ["u9"])
    assert move.any


def test_it_compares_with_who_is_in_not_with_the_old_filter(account, people):
    segment = segment_of(account, "FILTER age >= 7 ALIAS old", people[:1])
    (move,) = moves(segment, read("FILTER age >= 9"))
    assert labels(move.entering) == ["u9"]
    assert labels(move.leaving) == ["u0"]


def test_it_tells_of_those_moved_through_includes(account, people):
    old = segment_of(account, "FILTER age >= 7 ALIAS old", people[7:])
    through = segment_of(account, "FILTER NOT INCLUDE old ALIAS through", people[:7])
    far = segment_of(account, f"FILTER INCLUDE {through.public_id} ALIAS far")
    segment_of(account, "FILTER vip = true ALIAS apart")
    found = {each.segment: each for each in moves(old, read("FILTER age >= 8"))}
    assert set(found) == {old, through, far}
    assert labels(found[old].leaving) == ["u7"]
    assert labels(found[through].entering) == ["u7"]
    assert found[through].leaving.size.value == 0
    assert found[far].entering.size.value == 8


def test_nobody_moves_for_the_same_filter(account, people):
    segment = segment_of(account, "FILTER age >= 7 ALIAS old", people[7:])
    assert not any(move.any for move in moves(segment, read("FILTER age >= 7")))

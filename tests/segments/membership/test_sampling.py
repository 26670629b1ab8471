"""A look at profiles: all of a few, a fair sample of many, an end in time."""

from __future__ import annotations

import random

import pytest

from segments.membership import sampling
from segments.membership.sampling import Estimate, Look
from segments.profiles.glance import Glance
from segments.profiles.models import Profile
from segments.profiles.typed import Schema
from tests.segments.membership.people import make_profiles

NOTHING = Glance(Schema({}), frozenset())
"""No filter is asked: only who is seen matters here."""


@pytest.fixture(autouse=True)
def chance(monkeypatch):
    monkeypatch.setattr(sampling, "_random", random.Random(7))


def looked_at(look):
    return [profile.id for lot in look.lots() for profile in lot]


def test_a_small_account_is_seen_whole_and_once(account, stranger):
    make_profiles(stranger, [{}] * 3)
    profiles = make_profiles(account, [{}] * 700)
    look = Look(account.pk, NOTHING)
    ids = looked_at(look)
    assert sorted(ids) == [profile.pk for profile in profiles]
    assert ids != sorted(ids)
    assert look.estimate(123) == Estimate(123, 0)
    assert look.estimate(123).exact


def test_an_account_without_profiles_is_seen_whole(account):
    look = Look(account.pk, NOTHING)
    assert looked_at(look) == []
    assert look.estimate(0) == Estimate(0, 0)


@pytest.fixture
def crowd(account, stranger, monkeypatch):
    """Profiles among others' and among gaps, more than are looked at one by one."""
    monkeypatch.setattr(sampling, "ALL_UP_TO", 500)
    monkeypatch.setattr(sampling, "SAMPLED", 300)
    profiles = []
    for _ in range(10):
        profiles += make_profiles(account, [{}] * 300)
        make_profiles(stranger, [{}] * 200)
    gone = [profile.pk for profile in profiles[::3]]
    Profile.across_accounts.filter(pk__in=gone).delete()
    return [profile.pk for profile in profiles if profile.pk not in gone]


def test_a_large_account_is_sampled_without_repeats(account, crowd):
    look = Look(account.pk, NOTHING)
    ids = looked_at(look)
    assert 300 <= len(ids) < 1200
    assert len(set(ids)) == len(ids)
    assert set(ids) <= set(crowd)


def test_the_true_number_lies_within_the_margin_as_often_as_told(account, crowd):
    """In 95 of 100 looks; first of the old ones, who hang together in id order."""
    wanted = set(crowd[:150])
    within, errors = 0, 0
    for _ in range(60):
        look = Look(account.pk, NOTHING)
        told = look.estimate(sum(1 for pk in looked_at(look) if pk in wanted))
        within += abs(told.value - len(wanted)) <= told.margin
        errors += told.value - len(wanted)
        assert 0 < told.margin < 150
    assert within >= 53
    assert abs(errors / 60) < 12


def test_a_sample_of_everybody_is_exact(account, crowd, monkeypatch):
    monkeypatch.setattr(sampling, "SAMPLED", 10_000)
    look = Look(account.pk, NOTHING)
    assert sorted(looked_at(look)) == crowd
    assert look.estimate(17) == Estimate(17, 0)


def test_nobody_found_is_not_nobody_there(account, crowd):
    look = Look(account.pk, NOTHING)
    looked_at(look)
    assert look.estimate(0).value == 0
    assert not look.estimate(0).exact


def test_it_ends_in_time_with_what_it_has(account, monkeypatch):
    monkeypatch.setattr(sampling, "LONGEST_S", 0)
    make_profiles(account, [{}] * 1500)
    look = Look(account.pk, NOTHING)
    assert len(looked_at(look)) == sampling.LOT
    told = look.estimate(250)
    assert told.value == 750
    assert not told.exact


@pytest.mark.parametrize(("filters", "lot"), [(1, 500), (10, 50), (10_000, 10)])
def test_many_filters_are_asked_about_fewer_profiles_at_once(
    account, monkeypatch, filters, lot
):
    monkeypatch.setattr(sampling, "LONGEST_S", 0)
    make_profiles(account, [{}] * 600)
    assert len(looked_at(Look(account.pk, NOTHING, filters=filters))) == lot

"""The page about delivery tells the truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from subscriptions import backlog, claim, forecast, http_verdicts, members, retry
from subscriptions.channels import webhook

PAGE = Path(__file__).resolve().parents[2] / "docs" / "delivery.md"


@pytest.mark.parametrize(
    "said",
    [
        ", ".join(map(str, sorted(http_verdicts.OMITTED))),
        f"| {http_verdicts.GONE} | ",
        f"no answer within {webhook.TIMEOUT_S:g} s",
        f"its {retry.GIVE_UP_AFTER}th failure",
        f"tried again after {retry.FIRST_WAIT_S:g} s",
        f"left alone for {retry.FIRST_HOLD_S:g} s",
    ],
)
def test_it_says(said):
    assert said in " ".join(PAGE.read_text().split())


def test_its_round_numbers_are_those_of_the_code():
    assert retry.LONGEST_WAIT_S == 3600  # "up to an hour"
    assert retry.LONGEST_HOLD_S == 600  # "up to ten minutes"
    assert retry.DOWN_AFTER == 5  # "five times in a row"
    assert retry.LONGEST_THROTTLE_S == 86_400  # "at most a day"
    assert retry.JITTER == 0.2  # "up to a fifth"
    assert claim.LEASE_S == 30  # "half a minute"
    assert backlog.MOST_WAITING == 5_000  # "while 5,000 messages ... wait"
    assert forecast.COUNTED_AT_MOST == 100_000  # "up to 100,000 members are counted"
    assert forecast.HISTORY_HOURS == 24  # "in the last 24 hours"
    assert members.SAMPLE_IS_ONE_IN == 100  # "a sample of 1 %"

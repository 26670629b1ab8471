"""The chart of a segment's size, and where it is shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from segments.membership.size_chart import SPANS, draw
from segments.membership.size_history import HOUR, Hour

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def hours(*told):
    return [Hour(NOON + place * HOUR, *each) for place, each in enumerate(told)]


def test_it_draws_the_size_and_the_moves():
    chart = draw(hours((10,), (20, 12, 2), (5, 0, 15)), "24h")
    assert chart.line == "M0.0 50.00 L500.0 0.00 L1000.0 75.00"
    assert chart.area == chart.line + " V100 H0 Z"
    assert (chart.least, chart.greatest, chart.size) == (5, 20, 5)
    first, second, third = chart.columns
    assert (first.entered_height, first.exited_height) == (0, 0)
    assert (second.entered_height, second.entered_y) == (40, 10)
    assert third.exited_height == 50
    assert third.x == pytest.approx(666.67, abs=0.01)
    assert "from 10 to 5, at least 5, at most 20" in chart.summary
    assert "12 entered and 17 left" in chart.moves_summary
    assert "12 entered, 2 left, 20 in it" in second.label


def test_a_long_span_gathers_hours():
    chart = draw(hours(*[(n, 1, 2) for n in range(8)]), "30d")
    assert [(each.size, each.entered, each.exited) for each in chart.columns] == [
        (5, 6, 12),
        (7, 2, 4),
    ]
    assert chart.columns[1].begins == NOON + 6 * HOUR
    assert len(chart.line.split("L")) == 8


def test_an_empty_segment_is_drawn_on_the_ground():
    chart = draw(hours((0,)), "7d")
    assert chart.line == "M0.0 100.00 L1000.0 100.00"
    assert chart.columns[0].entered_height == 0


@pytest.mark.parametrize("span", [*SPANS, "", "nonsense"])
def test_it_is_shown_with_its_numbers(browser, segment_with, crowd, span):
    segment = segment_with("FILTER age > 6 ALIAS grown", crowd[7:])
    url = reverse("admin:definitions_segment_size", args=[segment.pk])
    response = browser.get(url, {"span": span})
    chart = response.context["chart"]
    assert chart.span == (span if span in SPANS else "7d")
    assert chart.size == 3
    shown = response.content.decode()
    assert chart.summary in shown
    assert ">Size</th>" in shown

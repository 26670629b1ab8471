"""Tests of a group run on one worker, where what they share is made once."""

from __future__ import annotations

import os

import pytest


@pytest.mark.xdist_group("together")
def test_xdist_is_told_of_a_group(request: pytest.FixtureRequest) -> None:
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    assert alone or request.node.nodeid.endswith("@together")

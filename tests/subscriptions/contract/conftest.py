"""The destination of each channel in turn, and a subscription that leads to it."""

from __future__ import annotations

import pytest

from subscriptions import channel
from tests.subscriptions.contract.harness import harnesses
from tests.subscriptions.making import subscribe


@pytest.fixture(params=sorted(harnesses()))
def key(request):
    """The channel's key."""
    return request.param


@pytest.fixture
def harness(key, account, request):
    with harnesses()[key](account, request.getfixturevalue) as harness:
        yield harness


@pytest.fixture
def way(key):
    return channel.get(key)


@pytest.fixture
def limits(way, harness):
    return way.limits(harness.config)


@pytest.fixture
def subscription(account, segment, key, harness):
    return subscribe(account, [segment], key, harness.config, harness.authorization)

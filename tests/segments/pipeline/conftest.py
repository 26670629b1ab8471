"""A sink that records, in place of subscriptions."""

from __future__ import annotations

import pytest

from segments.pipeline import triggers
from segments.pipeline.triggers import ProfileUpdate
from tests.segments.pipeline.accounts import RecordingSink


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[ProfileUpdate]:
    RecordingSink.told = []
    monkeypatch.setattr(triggers, "_sink", RecordingSink)
    return RecordingSink.told

"""What a job is set up with is checked, and tried without sending."""

from __future__ import annotations

import pytest

from lyticsapp.authorizations.step import Outcome as StepOutcome
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.declaration.settings import validate
from lyticsapp.jobs.workflow import Setup
from subscriptions.channels import eventhub
from tests.local_hubs import HUB, LISTENER, SENDER
from tests.subscriptions.eventhub.sends import DEADLINE_S, by_each_transport, config


def test_a_hub_is_named_once(hubs, by, account):
    def checked(authorization, **config):
        eventhub.check(Setup(account, authorization, config))

    free = by("sas")
    bound = by(
        "connection_string", connection_string=hubs.connection_string(SENDER, hub=HUB)
    )
    with pytest.raises(
        InvalidSettingError, match=r"event_hub: is required.*EntityPath"
    ):
        checked(free)
    with pytest.raises(InvalidSettingError, match="event_hub: must be triggers"):
        checked(bound, event_hub="other")
    checked(free, event_hub="other")
    checked(bound)
    checked(bound, event_hub=HUB)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"event_hub": "-a"}, "event_hub: must be 1 to 256 letters"),
        ({"event_hub": "a/b"}, "event_hub: must be 1 to 256 letters"),
        ({"transport": "mqtt"}, "transport"),
    ],
)
def test_settings_are_checked(given, wrong):
    with pytest.raises(InvalidSettingError, match=wrong):
        validate(eventhub.SETTINGS, given)


@by_each_transport
def test_the_connection_test_sends_nothing(hubs, by, account, transport):
    def found(authorization, config):
        setup = Setup(account, authorization, config)
        return [each.run(setup.credentials) for each in eventhub.test_steps(setup)]

    let_in, reached = found(by("sas"), config(transport))
    assert (let_in.outcome, reached.outcome) == (StepOutcome.PASSED,) * 2
    assert "4 partitions" in reached.text
    refused, _ = found(by("sas", policy=LISTENER.name, key=LISTENER.key), config())
    assert refused.missing == "Send"
    _, missing = found(by("sas"), config(transport, "nobody"))
    assert missing.outcome is StepOutcome.FAILED
    assert "no event hub “nobody”" in missing.text
    assert not any(hubs.bodies().values())


def test_the_connection_test_tells_what_is_out_of_reach(proxy, beyond, monkeypatch):
    monkeypatch.setattr(eventhub, "TESTED_WITHIN_S", DEADLINE_S)
    proxy.fall_silent(after_bytes=400)
    setup = Setup(beyond.account, beyond, config())
    _, reached = eventhub.test_steps(setup)
    result = reached.run(setup.credentials)
    assert result.outcome is StepOutcome.WARNED
    assert "no answer in time" in result.text

"""The form of a subscription, made from what its channel declares."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from lyticsapp.declaration.settings import Kind, Setting, choices
from lyticsapp.face.declared_fields import MapField
from lyticsapp.jobs.workflow import NO_CREDENTIALS
from subscriptions.channel import Channel, Limits, get
from subscriptions.forms import field_names, field_of, form_for

CHANNEL = Channel(
    key="pigeon",
    title="Pigeon",
    summary="Sends a pigeon.",
    workflow="pigeon_triggers",
    provider="loft",
    job_title="Export Pigeons",
    methods=(),
    without=NO_CREDENTIALS,
    audiences="Audience(s)",
    settings=(
        Setting(name="loft", label="Loft", help="Where to.", required=True),
        Setting(
            name="breed",
            label="Breed",
            help="Which.",
            choices=choices("homer", "tippler"),
        ),
        Setting(name="ring", label="Ring", help="Its ring.", secret=True),
        Setting(name="notes", label="Notes", help="Notes.", kind=Kind.MAP),
        Setting(name="later", label="Later", help="Later.", offered=False),
    ),
    limits=Limits(messages=1, message_bytes=1_000, total_bytes=1_000),
    check=lambda setup: None,
    test_steps=lambda setup: (),
    format=lambda message, config, credentials: message.body,
    send=lambda requests, config, credentials: [],
)


def test_each_setting_that_is_offered_has_a_field():
    form = form_for(CHANNEL)
    assert set(form.base_fields) >= {"setting_loft", "setting_breed", "setting_notes"}
    assert "setting_later" not in form.base_fields
    assert form.base_fields["setting_loft"].required
    assert not form.base_fields["setting_breed"].required
    assert [key for key, _ in form.base_fields["setting_breed"].choices][-2:] == [
        "homer",
        "tippler",
    ]
    assert "****" in form.base_fields["setting_ring"].help_text


def test_the_fields_of_every_channel_are_in_its_form():
    for key in ("webhook", "kinesis"):
        channel = get(key)
        assert set(field_names(channel)) <= set(form_for(channel).base_fields)


def test_forms_of_two_channels_keep_apart():
    assert "setting_loft" not in form_for(get("webhook")).base_fields


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        ("A: b", {"A": "b"}),
        ("A: b: c\n\n B :d ", {"A": "b: c", "B": "d"}),
        ("A:", {"A": ""}),
    ],
)
def test_a_map_is_read_from_lines(text, value):
    assert MapField(required=False).clean(text) == value


def test_a_map_tells_which_line_is_wrong():
    with pytest.raises(ValidationError, match="Line 2"):
        MapField().clean("A: b\nnonsense")


def test_a_map_is_shown_as_lines():
    assert MapField().prepare_value({"B": "2", "A": "1"}) == "A: 1\nB: 2"


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("segment_ids", "segment_choice"),
        ("withbackfill", "withbackfill"),
        ("webhook_url", "setting_webhook_url"),
        ("headers.Authorization", "setting_headers"),
    ],
)
def test_errors_stand_at_their_field(name, field):
    assert field_of(name) == field

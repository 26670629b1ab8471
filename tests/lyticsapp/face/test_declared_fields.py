"""The form fields of settings that a file declares."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from lyticsapp.declaration.settings import Setting, choices
from lyticsapp.face.declared_fields import MapField, field_of_setting


def test_a_setting_with_choices_is_chosen():
    breed = Setting(
        name="breed", label="Breed", help="Which.", choices=choices("homer", "tippler")
    )
    field = field_of_setting(breed)
    assert [key for key, _ in field.choices][-2:] == ["homer", "tippler"]
    assert not field.required


def test_a_secret_tells_how_to_keep_it():
    ring = Setting(name="ring", label="Ring", help="Its ring.", secret=True)
    assert "****" in field_of_setting(ring).help_text


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

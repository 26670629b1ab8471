"""One declaration validates, masks and reveals settings."""

from __future__ import annotations

import pytest

from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.declaration.settings import (
    Kind,
    Setting,
    choices,
    reveal,
    validate,
)


def no_spaces(value):
    if " " in value:
        raise ValueError("must hold no spaces.")


SETTINGS = (
    Setting(name="url", label="URL", help="Where to.", required=True, check=no_spaces),
    Setting(name="key", label="Key", help="A key.", secret=True),
    Setting(
        name="headers",
        label="Headers",
        help="More.",
        kind=Kind.MAP,
        secret_entry=lambda name: name.startswith("x-secret"),
    ),
    Setting(
        name="region",
        label="Region",
        help="Where.",
        pattern=r"[a-z]+-\d",
        pattern_help="must be like us-1.",
    ),
    Setting(
        name="size", label="Size", help="How big.", choices=choices("small", "big")
    ),
    Setting(name="rows", label="Rows", help="How many.", kind=Kind.INTEGER),
    Setting(name="titled", label="Titled", help="?", kind=Kind.BOOLEAN, default=True),
    Setting(name="fields", label="Fields", help="Which.", kind=Kind.LIST),
    Setting(
        name="sizes",
        label="Sizes",
        help="Which.",
        kind=Kind.LIST,
        choices=choices("small", "big"),
    ),
    Setting(name="pem", label="PEM", help="A key.", kind=Kind.LONG_TEXT),
)
POSTED = {
    "titled": False,
    "url": "u",
    "key": "k",
    "headers": {"x-secret-a": "1", "plain": "2", "x-secret-b": "3"},
}


def test_secrets_are_apart_and_masked_where_they_are_shown():
    stored = validate(SETTINGS, POSTED)
    assert stored.config == {
        "titled": False,
        "url": "u",
        "key": "****",
        "headers": {"x-secret-a": "****", "plain": "2", "x-secret-b": "****"},
    }
    assert stored.secrets == {
        "key": "k",
        "headers": {"x-secret-a": "1", "x-secret-b": "3"},
    }
    assert reveal(stored) == POSTED


def test_a_mask_posted_back_keeps_what_is_stored():
    stored = validate(SETTINGS, POSTED)
    again = validate(SETTINGS, stored.config, stored)
    assert again == stored
    headers = {"x-secret-a": "****", "plain": "5"}
    changed = validate(SETTINGS, {"headers": headers}, stored)
    assert reveal(changed)["headers"] == {"x-secret-a": "1", "plain": "5"}
    assert reveal(changed)["key"] == "k"


def test_what_is_left_out_stays_and_null_takes_away():
    stored = validate(SETTINGS, POSTED)
    assert validate(SETTINGS, {}, stored) == stored
    for empty in (None, ""):
        assert "key" not in reveal(validate(SETTINGS, {"key": empty}, stored))
    assert "headers" not in reveal(validate(SETTINGS, {"headers": {}}, stored))


@pytest.mark.parametrize(
    ("posted", "wrong"),
    [
        ({"url": None}, "url: is required"),
        ({"url": ""}, "url: is required"),
        ({"url": 5}, "url: must be a text"),
        ({"url": "a b"}, "url: must hold no spaces"),
        ({"url": "u" * 2001}, "url: is over 2000 characters"),
        ({"key": "****"}, r"key: \*\*\*\* stands for a stored value"),
        ({"headers": {"x-secret-a": "****"}}, r"headers.x-secret-a: \*\*\*\*"),
        ({"headers": ["a"]}, "headers: must be an object"),
        ({"headers": {"a": 1}}, "headers.a: must be a text"),
        ({"headers": {str(n): "x" for n in range(51)}}, "over 50 entries"),
        ({"region": "US"}, "region: must be like us-1"),
        ({"size": "huge"}, "size: must be one of: small, big"),
        ({"rows": "5"}, "rows: must be a whole number"),
        ({"rows": -1}, "rows: must be a whole number"),
        ({"rows": True}, "rows: must be a whole number"),
        ({"titled": "t"}, "titled: must be true or false"),
        ({"fields": "a"}, "fields: must be an array of texts"),
        ({"fields": ["a", 5]}, "fields: must be an array of texts"),
        ({"fields": ["a", "a"]}, "fields: names something twice"),
        ({"fields": [""]}, "fields: has an entry of none"),
        ({"fields": [str(n) for n in range(1001)]}, "over 1000 entries"),
        ({"sizes": ["big", "huge"]}, "sizes: must be one of: small, big"),
        ({"pem": "x" * 100_001}, "pem: is over 100000 characters"),
    ],
)
def test_what_is_wrong_is_named(posted, wrong):
    with pytest.raises(InvalidSettingError, match=wrong):
        validate(SETTINGS, {"url": "u", **posted})


def test_each_shape_is_kept():
    posted = {"url": "u", "rows": 0, "fields": ["b", "a"], "sizes": ["big"]}
    assert validate(SETTINGS, posted).config == {**posted, "titled": True}
    assert validate(SETTINGS, {"url": "u", "fields": []}).config == {
        "url": "u",
        "titled": True,
    }
    long = "line\n" * 1000
    assert validate(SETTINGS, {"url": "u", "pem": long}).config["pem"] == long


def test_a_default_stands_until_another_value_is_given():
    assert validate(SETTINGS, {"url": "u"}).config["titled"] is True
    chosen = validate(SETTINGS, {"url": "u", "titled": False})
    assert validate(SETTINGS, {"url": "v"}, chosen).config["titled"] is False

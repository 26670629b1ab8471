"""Providers are found by their files, each with its methods."""

from __future__ import annotations

from types import ModuleType

import pytest

from lyticsapp.authorizations import provider
from lyticsapp.authorizations.errors import UnknownMethodError, UnknownProviderError
from lyticsapp.authorizations.providers import aws
from lyticsapp.declaration.errors import FileLacksPartError


def test_each_file_is_a_provider():
    assert {each.title for each in provider.registry().values()} == {
        "Amazon Web Services",
        "Microsoft Azure",
        "Webhook",
    }
    keys = provider.get("aws").method("keys")
    assert keys.title == "AWS Keys"
    assert [field.label for field in keys.fields] == ["Access Key", "Secret Key"]


def test_every_field_is_labelled_and_explained():
    for each in provider.registry().values():
        for method in each.methods.values():
            for field in method.fields:
                assert field.label
                assert field.help


@pytest.mark.parametrize("part", provider.DECLARED)
def test_a_file_that_lacks_a_part_is_refused(part):
    module = ModuleType("half")
    for name in provider.DECLARED:
        if name != part:
            setattr(module, name, getattr(aws, name))
    with pytest.raises(FileLacksPartError, match=f"half lacks {part}"):
        provider.declared("half", module)


def test_what_is_unknown_is_refused_with_those_there_are():
    with pytest.raises(UnknownProviderError, match="aws, azure, webhook"):
        provider.get("gcp")
    with pytest.raises(UnknownMethodError, match="keys, keys_pgp_private"):
        provider.get("aws").method("nope")

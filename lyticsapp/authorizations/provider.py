"""The contract of providers, and the registry that finds them.

A provider is one file in `authorizations/providers/`, and the file's name is its key.
It declares, in this order:

- `TITLE` and `ICON`: how people see it among the others;
- `METHODS`: the ways to be let in there, see `Method`; the first is taken where
  an API call names none.

Nothing else names a provider. A file that lacks a part stops start-up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

from lyticsapp.authorizations import providers
from lyticsapp.authorizations.errors import UnknownMethodError, UnknownProviderError
from lyticsapp.authorizations.models import Authorization
from lyticsapp.authorizations.step import Steps
from lyticsapp.declaration.files import declaring_files, require
from lyticsapp.declaration.settings import Setting

DECLARED = ("TITLE", "ICON", "METHODS")


@dataclass(frozen=True, slots=True)
class Fact:
    """Something to know of an authorization once it is saved."""

    label: str
    value: str
    is_copied: bool = False
    """Whether people take it elsewhere, so that it gets a button to copy it."""


def nothing_found(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The check of a method whose fields say all there is."""
    return {}


def no_facts(authorization: Authorization) -> Sequence[Fact]:
    """Those of a method that has none."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A way to be let in at a provider."""

    key: str
    title: str
    """As the documents name it."""
    intro: str
    """What it is, for those who choose among several."""
    fields: Sequence[Setting]
    check: Callable[[Mapping[str, Any]], dict[str, Any]] = nothing_found
    """Looks at the settings, secrets in place, before they are saved.

    What it found out is kept as the authorization's `found`: JSON, and no secret.
    Raises InvalidSettingError.
    """
    facts: Callable[[Authorization], Sequence[Fact]] = no_facts
    """What is shown of a saved one; reads no secret."""
    steps: Steps = ()
    """What a connection test tries of every authorization of this method."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Where data comes from or goes to, and the ways to be let in there."""

    key: str
    title: str
    icon: str
    methods: Mapping[str, Method]

    @property
    def first_method(self) -> Method:
        """The one that is meant where none is named."""
        return next(iter(self.methods.values()))

    def method(self, key: str) -> Method:
        """The method of this key; raises UnknownMethodError."""
        if key not in self.methods:
            raise UnknownMethodError(self.title, key, self.methods)
        return self.methods[key]


@lru_cache(maxsize=1)
def registry() -> Mapping[str, Provider]:
    """Every provider by its key; raises FileLacksPartError."""
    return {key: declared(key, module) for key, module in declaring_files(providers)}


def declared(key: str, module: ModuleType) -> Provider:
    """The provider that a file declares; raises FileLacksPartError."""
    require(module, DECLARED, "lyticsapp.authorizations.provider")
    return Provider(
        key=key,
        title=module.TITLE,
        icon=module.ICON,
        methods={method.key: method for method in module.METHODS},
    )


def get(key: str) -> Provider:
    """The provider of this key; raises UnknownProviderError."""
    provider = registry().get(key)
    if provider is None:
        raise UnknownProviderError(key, sorted(registry()))
    return provider


def method_of(authorization: Authorization) -> Method:
    """The method an authorization was made by."""
    return get(authorization.provider).method(authorization.method)


def title_of(key: str) -> str:
    """How people see the provider; its key, where no release has it now."""
    provider = registry().get(key)
    return key if provider is None else provider.title

"""The settings a channel declares, from which all that handles them is made.

One declaration validates what is posted, says which parts are secret, and names,
labels and explains each setting to forms and documents.

What is saved is in two parts. `config` holds what anyone may see, with `****` in
the place of each secret; `secrets` holds the secrets, and is encrypted at rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from lyticsapp.declaration.errors import InvalidSettingError, NotOfferedYetError
from lyticsapp.masking import MASK

LONGEST_TEXT = 2_000
MOST_ENTRIES = 50


class Kind(Enum):
    """The shapes a setting's value has."""

    TEXT = "text"
    MAP = "map"
    """Texts by name, as headers are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One setting of a channel."""

    name: str
    label: str
    help: str
    kind: Kind = Kind.TEXT
    required: bool = False
    secret: bool = False
    secret_entry: Callable[[str], bool] | None = None
    """Of a map: whether the entry of this name is secret."""
    pattern: str | None = None
    pattern_help: str = ""
    choices: Sequence[str] = ()
    check: Callable[[Any], None] | None = None
    """Raises ValueError, whose text says what is wrong with the value."""
    offered: bool = True


@dataclass(frozen=True, slots=True)
class Stored:
    """Settings as they are saved."""

    config: Mapping[str, Any]
    secrets: Mapping[str, Any]


NOTHING_STORED = Stored({}, {})


def validate(
    settings: Sequence[Setting],
    posted: Mapping[str, Any],
    stored: Stored = NOTHING_STORED,
) -> Stored:
    """What to save: the posted settings over the stored ones.

    A setting left out keeps its value, null or an empty one takes it away, and
    `****` stands for the secret that is stored. Raises InvalidSettingError.
    """
    config: dict[str, Any] = {}
    secrets: dict[str, Any] = {}
    before = reveal(stored)
    for setting in settings:
        value = before.get(setting.name)
        if setting.name in posted:
            value = _unmasked(setting, posted[setting.name], value)
        if value in (None, "", {}):
            if setting.required:
                raise InvalidSettingError(setting.name, "is required.")
            continue
        _check(setting, value)
        shown, hidden = _parted(setting, value)
        config[setting.name] = shown
        if hidden:
            secrets[setting.name] = hidden
    return Stored(config, secrets)


def reveal(stored: Stored) -> dict[str, Any]:
    """The settings with their secrets in place, to send with and to show nobody."""
    revealed = dict(stored.config)
    for name, hidden in stored.secrets.items():
        shown = revealed.get(name)
        revealed[name] = {**shown, **hidden} if isinstance(shown, dict) else hidden
    return revealed


def _unmasked(setting: Setting, value: Any, before: Any) -> Any:
    if setting.kind is Kind.MAP and isinstance(value, dict):
        known = before if isinstance(before, dict) else {}
        return {
            name: _restored(f"{setting.name}.{name}", each, known.get(name))
            for name, each in value.items()
        }
    return _restored(setting.name, value, before) if setting.secret else value


def _restored(name: str, value: Any, before: Any) -> Any:
    if value != MASK:
        return value
    if before is None:
        raise InvalidSettingError(
            name, f"{MASK} stands for a stored value, and none is stored."
        )
    return before


def _check(setting: Setting, value: Any) -> None:
    if not setting.offered:
        raise NotOfferedYetError(setting.name)
    if setting.kind is Kind.MAP:
        _check_map(setting, value)
    else:
        _check_text(setting, value)
    if setting.check is not None:
        try:
            setting.check(value)
        except ValueError as error:
            raise InvalidSettingError(setting.name, str(error)) from error


def _check_text(setting: Setting, value: Any) -> None:
    if not isinstance(value, str):
        raise InvalidSettingError(setting.name, "must be a text.")
    if len(value) > LONGEST_TEXT:
        raise InvalidSettingError(setting.name, f"is over {LONGEST_TEXT} characters.")
    if setting.choices and value not in setting.choices:
        raise InvalidSettingError(
            setting.name, f"must be one of: {', '.join(setting.choices)}."
        )
    if setting.pattern and re.fullmatch(setting.pattern, value) is None:
        raise InvalidSettingError(setting.name, setting.pattern_help)


def _check_map(setting: Setting, value: Any) -> None:
    if not isinstance(value, dict):
        raise InvalidSettingError(setting.name, "must be an object of names and texts.")
    if len(value) > MOST_ENTRIES:
        raise InvalidSettingError(setting.name, f"has over {MOST_ENTRIES} entries.")
    for name, each in value.items():
        if not isinstance(each, str):
            raise InvalidSettingError(f"{setting.name}.{name}", "must be a text.")
        if len(each) > LONGEST_TEXT:
            raise InvalidSettingError(
                f"{setting.name}.{name}", f"is over {LONGEST_TEXT} characters."
            )


def _parted(setting: Setting, value: Any) -> tuple[Any, Any]:
    """A value as it is shown, and the secret part of it."""
    if setting.kind is Kind.MAP and setting.secret_entry is not None:
        hidden = {n: each for n, each in value.items() if setting.secret_entry(n)}
        return {n: MASK if n in hidden else each for n, each in value.items()}, hidden
    return (MASK, value) if setting.secret else (value, None)

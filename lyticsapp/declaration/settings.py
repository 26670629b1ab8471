"""The settings that a file declares, from which all that handles them is made.

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

from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.masking import MASK

LONGEST_TEXT = 2_000
LONGEST_LONG_TEXT = 100_000
MOST_ENTRIES = 50
MOST_ITEMS = 1_000
LARGEST_INTEGER = 2**53 - 1


class Kind(Enum):
    """The shapes a setting's value has."""

    TEXT = "text"
    LONG_TEXT = "long text"
    """A text of many lines, as a key is."""
    BOOLEAN = "boolean"
    INTEGER = "integer"
    """Of 0 or more."""
    LIST = "list"
    """Texts in an order that people choose."""
    INTEGERS = "integers"
    """Numbers of 0 or more, in an order."""
    MAP = "map"
    """Texts by name, as headers are."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values that can be chosen, and how people see it."""

    value: str
    label: str


def choices(*values: str) -> tuple[Choice, ...]:
    """Values that are shown as they are."""
    return tuple(Choice(value, value) for value in values)


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One setting of a channel, an authorization or a job."""

    name: str
    label: str
    help: str
    kind: Kind = Kind.TEXT
    required: bool = False
    secret: bool = False
    secret_entry: Callable[[str], bool] | None = None
    """Of a map: whether the entry of this name is secret."""
    advanced: bool = False
    """Whether it is shown only when somebody asks for advanced options."""
    default: Any = None
    pattern: str | None = None
    pattern_help: str = ""
    choices: Sequence[Choice] = ()
    """The only values, where there are some; of a list, those of each item."""
    check: Callable[[Any], None] | None = None
    """Raises ValueError, whose text says what is wrong with the value."""


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

    A setting left out keeps its value, or gets its default; null or an empty one
    takes it away, and `****` stands for the secret that is stored. Raises
    InvalidSettingError.
    """
    config: dict[str, Any] = {}
    secrets: dict[str, Any] = {}
    before = reveal(stored)
    for setting in settings:
        value = before.get(setting.name, setting.default)
        if setting.name in posted:
            value = _unmasked(setting, posted[setting.name], value)
        if value is None or value in ("", {}, []):
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
    _CHECKS[setting.kind](setting, value)
    if setting.check is not None:
        try:
            setting.check(value)
        except ValueError as error:
            raise InvalidSettingError(setting.name, str(error)) from error


def _check_text(setting: Setting, value: Any) -> None:
    longest = LONGEST_LONG_TEXT if setting.kind is Kind.LONG_TEXT else LONGEST_TEXT
    if not isinstance(value, str):
        raise InvalidSettingError(setting.name, "must be a text.")
    if len(value) > longest:
        raise InvalidSettingError(setting.name, f"is over {longest} characters.")
    _check_choice(setting, value)
    if setting.pattern and re.fullmatch(setting.pattern, value) is None:
        raise InvalidSettingError(setting.name, setting.pattern_help)


def _check_choice(setting: Setting, value: str) -> None:
    known = [choice.value for choice in setting.choices]
    if known and value not in known:
        raise InvalidSettingError(setting.name, f"must be one of: {', '.join(known)}.")


def _check_boolean(setting: Setting, value: Any) -> None:
    if not isinstance(value, bool):
        raise InvalidSettingError(setting.name, "must be true or false.")


def _check_integer(setting: Setting, value: Any) -> None:
    if type(value) is not int or not 0 <= value <= LARGEST_INTEGER:
        raise InvalidSettingError(setting.name, "must be a whole number, 0 or more.")


def _check_list(setting: Setting, value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise InvalidSettingError(setting.name, "must be an array of texts.")
    if len(value) > MOST_ITEMS:
        raise InvalidSettingError(setting.name, f"has over {MOST_ITEMS} entries.")
    if len(set(value)) < len(value):
        raise InvalidSettingError(setting.name, "names something twice.")
    for item in value:
        if not 0 < len(item) <= LONGEST_TEXT:
            raise InvalidSettingError(
                setting.name, f"has an entry of none or over {LONGEST_TEXT} characters."
            )
        _check_choice(setting, item)


def _check_integers(setting: Setting, value: Any) -> None:
    if not isinstance(value, list):
        raise InvalidSettingError(setting.name, "must be an array of whole numbers.")
    if len(value) > MOST_ITEMS:
        raise InvalidSettingError(setting.name, f"has over {MOST_ITEMS} entries.")
    for item in value:
        _check_integer(setting, item)


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


_CHECKS: Mapping[Kind, Callable[[Setting, Any], None]] = {
    Kind.TEXT: _check_text,
    Kind.LONG_TEXT: _check_text,
    Kind.BOOLEAN: _check_boolean,
    Kind.INTEGER: _check_integer,
    Kind.LIST: _check_list,
    Kind.INTEGERS: _check_integers,
    Kind.MAP: _check_map,
}


def _parted(setting: Setting, value: Any) -> tuple[Any, Any]:
    """A value as it is shown, and the secret part of it."""
    if setting.kind is Kind.MAP and setting.secret_entry is not None:
        hidden = {n: each for n, each in value.items() if setting.secret_entry(n)}
        return {n: MASK if n in hidden else each for n, each in value.items()}, hidden
    return (MASK, value) if setting.secret else (value, None)

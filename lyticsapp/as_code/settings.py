"""A job's settings as a file has them: what differs from the defaults.

Segments are named by their slugs, and what is secret is a `Secret`, or `****` where it
is the one that is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lyticsapp.as_code.document import Secret
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.declaration.settings import Kind, Setting
from lyticsapp.jobs.workflow import Workflow
from lyticsapp.masking import MASK

SEGMENTS = "segment_ids"
"""The setting that names segments."""


def as_stored(
    kind: Workflow, config: Mapping[str, Any], slugs: Mapping[str, str]
) -> dict[str, Any]:
    """The settings of a job there is; `slugs` are those of segments, by their ids."""
    whole = {each.name: config.get(each.name) for each in kind.fields}
    return _short(kind, _renamed(whole, slugs))


def as_written(
    kind: Workflow, config: Mapping[str, Any], slugs: Mapping[str, str]
) -> dict[str, Any]:
    """The settings of a job in a file; raises InvalidSettingError."""
    known = {each.name: each for each in kind.fields}
    for name in config:
        if name not in known:
            raise InvalidSettingError(
                name, f"is not a setting of {kind.key}; these are: {', '.join(known)}."
            )
    whole = {
        name: _each(setting, config.get(name, setting.default), _hidden)
        for name, setting in known.items()
    }
    return _short(kind, _renamed(whole, slugs))


def kept(
    kind: Workflow,
    config: Mapping[str, Any],
    before: Mapping[str, Any],
    stored: Mapping[str, Any],
) -> dict[str, Any]:
    """The settings with `****` for each secret that is stored already.

    `before` are those of the job, `stored` the same with the secrets in place. Raises
    InvalidSettingError for a `****` that nothing is stored for.
    """

    def keep(setting: Setting, name: str | None, value: Any) -> Any:
        if value == MASK and _at(before, setting, name) != MASK:
            raise InvalidSettingError(
                _path(setting, name),
                f"is {MASK}, which stands for a stored secret, and none is stored. "
                "Give it as !env NAME, and put it into that environment variable.",
            )
        is_stored = isinstance(value, Secret) and value.value == _at(
            stored, setting, name
        )
        return MASK if is_stored else value

    known = {each.name: each for each in kind.fields}
    return {name: _each(known[name], value, keep) for name, value in config.items()}


def posted(kind: Workflow, config: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting, as a job is created or changed with."""
    whole = {each.name: config.get(each.name, each.default) for each in kind.fields}
    for setting in kind.fields:
        if setting.kind is Kind.LIST and whole[setting.name] is None:
            whole[setting.name] = []
    return {name: _revealed(value) for name, value in whole.items()}


def holds_secret(value: Any) -> bool:
    """Whether a secret is given in a setting."""
    parts = value.values() if isinstance(value, dict) else [value]
    return any(isinstance(each, Secret) for each in parts)


_OnSecret = Callable[[Setting, str | None, Any], Any]


def _each(setting: Setting, value: Any, change: _OnSecret) -> Any:
    """A value with each secret in it changed; refuses one that is none."""
    if isinstance(value, dict):
        return {name: _one(setting, name, each, change) for name, each in value.items()}
    return _one(setting, None, value, change)


def _one(setting: Setting, name: str | None, value: Any, change: _OnSecret) -> Any:
    if value is not None and _is_secret(setting, name):
        return change(setting, name, value)
    if isinstance(value, Secret) or (isinstance(value, list) and _secrets_in(value)):
        raise InvalidSettingError(
            _path(setting, name), "!env gives secrets, and this is none: write it here."
        )
    return value


def _is_secret(setting: Setting, name: str | None) -> bool:
    if name is None:
        return setting.secret
    return setting.secret_entry is not None and setting.secret_entry(name)


def _secrets_in(values: list[Any]) -> bool:
    return any(isinstance(each, Secret) for each in values)


def _hidden(setting: Setting, name: str | None, value: Any) -> Any:
    is_given = isinstance(value, str) and value not in ("", MASK)
    return Secret(value) if is_given else value


def _at(config: Mapping[str, Any], setting: Setting, name: str | None) -> Any:
    value = config.get(setting.name)
    if name is None:
        return value
    return value.get(name) if isinstance(value, dict) else None


def _path(setting: Setting, name: str | None) -> str:
    return setting.name if name is None else f"{setting.name}.{name}"


def _short(kind: Workflow, whole: Mapping[str, Any]) -> dict[str, Any]:
    return {
        each.name: _plain(whole[each.name])
        for each in kind.fields
        if _plain(whole[each.name]) != _plain(each.default)
    }


def _plain(value: Any) -> Any:
    """Nothing is the same as an empty text, list or mapping."""
    return None if value in ("", [], {}) else value


def _renamed(config: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    named = config.get(SEGMENTS)
    if not isinstance(named, list):
        return config
    return {**config, SEGMENTS: [names.get(each, each) for each in named]}


def _revealed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _revealed(each) for name, each in value.items()}
    return value.value if isinstance(value, Secret) else value

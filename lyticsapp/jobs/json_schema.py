"""The settings of a workflow as JSON Schema, and as a plain list.

https://json-schema.org/draft/2020-12
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lyticsapp.declaration.settings import Kind, Setting
from lyticsapp.jobs.workflow import Workflow

_TEXT = {"type": "string"}


def schema_of(kind: Workflow) -> dict[str, Any]:
    """What the `config` of a job of this workflow may hold."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.title,
        "description": kind.summary,
        "type": "object",
        "properties": {each.name: _property(each) for each in kind.fields},
        "required": [each.name for each in kind.fields if each.required],
        "additionalProperties": False,
    }


def described(kind: Workflow) -> dict[str, Any]:
    """A workflow as programs list it: its fields in the order of the form."""
    return {
        "workflow": kind.key,
        "provider": kind.provider,
        "title": kind.title,
        "description": kind.summary,
        "kind": kind.kind.value,
        "direction": kind.direction.value,
        "methods": list(kind.methods),
        "fields": [
            {
                "name": each.name,
                "label": each.label,
                "required": each.required,
                "advanced": each.advanced,
                "secret": each.secret,
                "help": each.help,
            }
            for each in kind.fields
        ],
        "schema": schema_of(kind),
    }


def _property(setting: Setting) -> dict[str, Any]:
    about: dict[str, Any] = {"title": setting.label, "description": setting.help}
    if setting.default is not None:
        about["default"] = setting.default
    if setting.secret:
        about["writeOnly"] = True
    return {**_SHAPES[setting.kind](setting), **about}


def _text(setting: Setting) -> dict[str, Any]:
    shape: dict[str, Any] = dict(_TEXT)
    if setting.choices:
        shape["enum"] = [choice.value for choice in setting.choices]
    if setting.pattern:
        shape["pattern"] = f"^(?:{setting.pattern})$"
    return shape


def _list(setting: Setting) -> dict[str, Any]:
    return {"type": "array", "items": _text(setting), "uniqueItems": True}


_SHAPES: Mapping[Kind, Callable[[Setting], dict[str, Any]]] = {
    Kind.TEXT: _text,
    Kind.LONG_TEXT: _text,
    Kind.BOOLEAN: lambda _: {"type": "boolean"},
    Kind.INTEGER: lambda _: {"type": "integer", "minimum": 0},
    Kind.LIST: _list,
    Kind.INTEGERS: lambda _: {
        "type": "array",
        "items": {"type": "integer", "minimum": 0},
    },
    Kind.MAP: lambda _: {"type": "object", "additionalProperties": dict(_TEXT)},
}

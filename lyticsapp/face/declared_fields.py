"""Form fields made from what a file declares of its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from lyticsapp.declaration.settings import LARGEST_INTEGER, Kind, Setting

_TYPED = {"autocomplete": "off", "spellcheck": "false"}


class MapField(forms.CharField):
    """Texts by name, one `name: text` a line."""

    widget = UnfoldAdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        """A stored map as the lines it is edited in."""
        if not isinstance(value, Mapping):
            return value
        return "\n".join(f"{name}: {text}" for name, text in sorted(value.items()))

    def to_python(self, value: Any) -> Any:
        """The map that the lines are."""
        entries = {}
        for number, line in enumerate((value or "").splitlines(), 1):
            name, colon, text = line.partition(":")
            if line.strip() and not (colon and name.strip()):
                raise forms.ValidationError(
                    f"Line {number}: write a name, a colon and a text."
                )
            if line.strip():
                entries[name.strip()] = text.strip()
        return entries


class LinesField(forms.CharField):
    """Texts in an order, one a line."""

    widget = UnfoldAdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        """Stored texts as the lines they are edited in."""
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        """The texts that the lines are."""
        return [text for line in (value or "").splitlines() if (text := line.strip())]


class IntegersField(LinesField):
    """Whole numbers in an order, one a line."""

    def prepare_value(self, value: Any) -> Any:
        """Stored numbers as the lines they are edited in."""
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        """The numbers that the lines are."""
        lines = super().to_python(value)
        for line in lines:
            if not line.isdecimal():
                raise forms.ValidationError(f"“{line}” is no whole number.")
        return [int(line) for line in lines]


def field_of_setting(setting: Setting) -> forms.Field:
    """The form field of a setting; what it takes is validated by the declaration."""
    told: dict[str, Any] = {
        "label": setting.label,
        "help_text": setting.help,
        "required": setting.required,
        "initial": setting.default,
    }
    if setting.choices:
        return _chosen(setting, told)
    if setting.secret:
        told["help_text"] += " Shown as **** once saved; leave that to keep it."
    field = _MAKERS[setting.kind](setting, told)
    if setting.secret or setting.secret_entry:
        field.widget.attrs["data-secret"] = "true"
    return field


def _chosen(setting: Setting, told: dict[str, Any]) -> forms.Field:
    offered = [(choice.value, choice.label) for choice in setting.choices]
    if setting.kind is Kind.LIST:
        attrs = {"class": "f-choices"}
        widget = UnfoldAdminCheckboxSelectMultipleWidget(attrs=attrs)
        return forms.MultipleChoiceField(choices=offered, widget=widget, **told)
    blank = [] if setting.required else [("", "—")]
    return forms.ChoiceField(
        choices=blank + offered, widget=UnfoldAdminSelectWidget, **told
    )


def _text(setting: Setting, told: dict[str, Any]) -> forms.Field:
    return forms.CharField(widget=UnfoldAdminTextInputWidget(attrs=_TYPED), **told)


def _long_text(setting: Setting, told: dict[str, Any]) -> forms.Field:
    attrs = {"rows": 8, "class": "f-mono", **_TYPED}
    return forms.CharField(widget=UnfoldAdminTextareaWidget(attrs=attrs), **told)


def _boolean(setting: Setting, told: dict[str, Any]) -> forms.Field:
    return forms.BooleanField(
        widget=UnfoldBooleanSwitchWidget, **told | {"required": False}
    )


def _integer(setting: Setting, told: dict[str, Any]) -> forms.Field:
    return forms.IntegerField(
        min_value=0,
        max_value=LARGEST_INTEGER,
        widget=UnfoldAdminIntegerFieldWidget,
        **told,
    )


def _lines(setting: Setting, told: dict[str, Any]) -> forms.Field:
    told["help_text"] += " One a line."
    attrs = {"rows": 3, **_TYPED}
    return LinesField(widget=UnfoldAdminTextareaWidget(attrs=attrs), **told)


def _integers(setting: Setting, told: dict[str, Any]) -> forms.Field:
    told["help_text"] += " One a line."
    attrs = {"rows": 3, **_TYPED}
    return IntegersField(widget=UnfoldAdminTextareaWidget(attrs=attrs), **told)


def _map(setting: Setting, told: dict[str, Any]) -> forms.Field:
    told["help_text"] += " One a line, as in “name: text”."
    if setting.secret_entry is not None:
        told["help_text"] += " What is secret is shown as ****; leave it to keep it."
    attrs = {"rows": 3, "class": "f-mono", "spellcheck": "false"}
    return MapField(widget=UnfoldAdminTextareaWidget(attrs=attrs), **told)


_MAKERS: Mapping[Kind, Callable[[Setting, dict[str, Any]], forms.Field]] = {
    Kind.TEXT: _text,
    Kind.LONG_TEXT: _long_text,
    Kind.BOOLEAN: _boolean,
    Kind.INTEGER: _integer,
    Kind.LIST: _lines,
    Kind.INTEGERS: _integers,
    Kind.MAP: _map,
}

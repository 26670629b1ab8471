"""The form of a subscription, made from what its channel declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from lyticsapp.declaration.settings import Kind, Setting
from lyticsapp.face.forms import AccountForm
from segments.definitions.models import Segment
from subscriptions.channel import Channel
from subscriptions.models import Subscription
from subscriptions.request import Wanted

PREFIX = "setting_"
OWN_FIELDS = ("name", "segment_choice", "withbackfill")


class SubscriptionForm(AccountForm):
    """What every subscription has; `form_for` adds the settings of its channel."""

    channel: ClassVar[Channel]

    segment_choice = forms.ModelMultipleChoiceField(
        queryset=Segment.objects.for_accounts([]),
        label="Segments",
        widget=UnfoldAdminCheckboxSelectMultipleWidget(attrs={"class": "f-choices"}),
        help_text="Who enters or leaves one of these is told of.",
    )
    withbackfill = forms.BooleanField(
        required=False,
        label="Backfill",
        widget=UnfoldBooleanSwitchWidget,
        help_text="Tell of the users who are in the segment already. "
        "Takes a single segment.",
    )

    class Meta:
        model = Subscription
        fields = ["name", "description"]
        widgets = {
            "name": UnfoldAdminTextInputWidget,
            "description": UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "segment_choice" not in self.fields:
            return
        choice: Any = self.fields["segment_choice"]
        choice.queryset = Segment.objects.for_account(self.account).order_by("name")
        if self.instance.pk is not None:
            choice.initial = list(self.instance.segments.all())
            self.fields["withbackfill"].initial = self.instance.withbackfill
            self._show_stored(self.instance.config)

    def _show_stored(self, config: Mapping[str, Any]) -> None:
        for setting in self.channel.settings:
            field = self.fields.get(PREFIX + setting.name)
            if field is not None:
                field.initial = config.get(setting.name)

    def wanted(self) -> Wanted:
        """What the form says, as the domain functions take it."""
        values = self.cleaned_data
        return Wanted(
            channel=self.channel.key,
            name=values["name"],
            description=values["description"],
            segment_refs=[each.public_id for each in values["segment_choice"]],
            withbackfill=values["withbackfill"],
            settings={
                setting.name: values[PREFIX + setting.name]
                for setting in self.channel.settings
                if PREFIX + setting.name in values
            },
        )


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


def form_for(channel: Channel) -> type[SubscriptionForm]:
    """The form of subscriptions to this channel."""
    fields = {PREFIX + each.name: _field(each) for each in _offered(channel)}
    return type("ChannelForm", (SubscriptionForm,), {**fields, "channel": channel})


def field_names(channel: Channel) -> list[str]:
    """The fields of the form, in order."""
    settings = [PREFIX + each.name for each in _offered(channel)]
    return [*OWN_FIELDS, *settings, "description"]


def field_of(name: str) -> str:
    """The field of the form that a setting's name, as errors have it, is about."""
    known = {"segment_ids": "segment_choice", "withbackfill": "withbackfill"}
    return known.get(name, PREFIX + name.split(".")[0])


def _offered(channel: Channel) -> list[Setting]:
    return [setting for setting in channel.settings if setting.offered]


def _field(setting: Setting) -> forms.Field:
    told: dict[str, Any] = {
        "label": setting.label,
        "help_text": setting.help,
        "required": setting.required,
    }
    if setting.kind is Kind.MAP:
        told["help_text"] += " One a line, as in “name: text”."
        if setting.secret_entry is not None:
            told["help_text"] += (
                " What is secret is shown as ****; leave it to keep it."
            )
        attrs = {"rows": 3, "class": "f-mono", "spellcheck": "false"}
        return MapField(widget=UnfoldAdminTextareaWidget(attrs=attrs), **told)
    if setting.choices:
        choices = [(each, each) for each in setting.choices]
        widget = UnfoldAdminSelectWidget
        return forms.ChoiceField(choices=choices, widget=widget, **told)
    if setting.secret:
        told["help_text"] += " Shown as **** once saved; leave that to keep it."
    attrs = {"autocomplete": "off", "spellcheck": "false"}
    return forms.CharField(widget=UnfoldAdminTextInputWidget(attrs=attrs), **told)

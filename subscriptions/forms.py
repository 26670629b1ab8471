"""The form of a subscription, made from what its channel declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from lyticsapp.declaration.settings import Setting
from lyticsapp.face.declared_fields import field_of_setting
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


def form_for(channel: Channel) -> type[SubscriptionForm]:
    """The form of subscriptions to this channel."""
    fields = {PREFIX + each.name: field_of_setting(each) for each in _offered(channel)}
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

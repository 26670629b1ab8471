"""The form of an authorization, made from what its method declares."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from lyticsapp.authorizations.lifecycle import LONGEST_LABEL, Wanted
from lyticsapp.authorizations.models import Authorization
from lyticsapp.authorizations.provider import Method
from lyticsapp.face.declared_fields import field_of_setting

PREFIX = "setting_"


class AuthorizationForm(forms.Form):
    """Label, description, then the method's fields, as the documents order them."""

    label = forms.CharField(
        max_length=LONGEST_LABEL,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="Identifies this authorization.",
    )
    description = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Further context on the authorization.",
    )

    def __init__(self, method: Method, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.method = method
        for setting in method.fields:
            self.fields[PREFIX + setting.name] = field_of_setting(setting)

    @classmethod
    def of(
        cls, method: Method, authorization: Authorization, data: Any = None
    ) -> AuthorizationForm:
        """The form of an authorization as it is; its secrets are not in it."""
        config = {PREFIX + name: each for name, each in authorization.config.items()}
        shown = {
            "label": authorization.label,
            "description": authorization.description,
        }
        return cls(method, data, initial={**config, **shown})

    def wanted(self) -> Wanted:
        """What the form says, as the domain functions take it."""
        values = self.cleaned_data
        return Wanted(
            label=values["label"],
            description=values["description"],
            settings={
                setting.name: values[PREFIX + setting.name]
                for setting in self.method.fields
            },
        )

    def refuse(self, name: str, reason: str) -> None:
        """Show why a setting was refused, at its field where there is one."""
        field = PREFIX + name.partition(".")[0]
        known = field if field in self.fields else name if name in self.fields else None
        self.add_error(known, reason)

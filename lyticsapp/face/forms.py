"""Forms that know whose rows they change, and the forms of one's own settings."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.forms import AuthenticationForm as PlainAuthenticationForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.models import Account, User
from lyticsapp.accounts.tenancy import AccountOwned
from lyticsapp.face.errors import ChangeRefusedError
from lyticsapp.face.unfolded import BaseModelForm, LoginForm


class AccountForm(BaseModelForm):
    """A form of a row of the current account; its admin fills in both names."""

    account: ClassVar[Account]
    actor: ClassVar[Actor]
    refused: ClassVar[ChangeRefusedError | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owned = isinstance(self.instance, AccountOwned)
        if owned and self.instance.pk is None and hasattr(self, "account"):
            self.instance.account = self.account

    def full_clean(self) -> None:
        """Add why the change was refused, when this form is shown again for it."""
        super().full_clean()
        if self.is_bound and self.refused is not None:
            field = self.refused.field
            known = field if field in self.fields else None
            self.add_error(known, str(self.refused))

    def _get_validation_exclusions(self) -> set[str]:
        """Check what must be unique in an account, too."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - {"account"}


class FaceLoginForm(LoginForm):
    """Logs in whoever belongs to an account, and operators."""

    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse the inactive only; pages ask for roles themselves."""
        PlainAuthenticationForm.confirm_login_allowed(self, user)


def time_zone_choices() -> list[tuple[str, str]]:
    """The zones a person can choose, UTC first."""
    names = sorted(name for name in available_timezones() if "/" in name)
    cities = [name for name in names if not name.startswith("Etc/")]
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in cities)]


class OwnSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """A person's own name and time zone."""

    class Meta:
        model = User
        fields = ["first_name", "last_name", "time_zone"]
        widgets = {
            "first_name": UnfoldAdminTextInputWidget,
            "last_name": UnfoldAdminTextInputWidget,
            "time_zone": UnfoldAdminSelectWidget,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = time_zone_choices()
        self.fields["time_zone"] = forms.ChoiceField(
            choices=zones,
            widget=UnfoldAdminSelectWidget,
            help_text="All times in the admin are shown in this zone.",
        )

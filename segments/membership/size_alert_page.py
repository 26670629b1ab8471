"""The page on which the sizes of a segment's alert are set."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from lyticsapp.face.model_admin import AccountModelAdmin, actor
from segments.definitions.models import Segment
from segments.membership.models import SizeAlert
from segments.membership.size import size_of
from segments.membership.size_alerts import set_sizes

LARGEST = 2**62


class SizeAlertForm(forms.Form):
    """The least and the greatest size; empty for no bound."""

    least = forms.IntegerField(
        label="Least size",
        required=False,
        min_value=1,
        max_value=LARGEST,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Fewer users than this raise an alert. Leave it empty for no bound.",
    )
    greatest = forms.IntegerField(
        label="Greatest size",
        required=False,
        min_value=0,
        max_value=LARGEST,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="More users than this raise an alert. Leave it empty for no bound.",
    )

    def clean(self) -> dict[str, Any]:
        """Refuse bounds that no size can keep."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        least, greatest = values.get("least"), values.get("greatest")
        if least is not None and greatest is not None and least > greatest:
            self.add_error("greatest", "This is smaller than the least size.")
        return values


def respond(
    pages: AccountModelAdmin, request: HttpRequest, segment: Segment
) -> HttpResponse:
    """Show the form, or set what it says."""
    kept = SizeAlert.objects.for_account(segment.account_id).filter(segment=segment)
    form = SizeAlertForm(
        request.POST or None, initial=kept.values("least", "greatest").first() or {}
    )
    if request.method == "POST" and form.is_valid():
        set_sizes(segment, **form.cleaned_data, actor=actor(request))
        messages.success(request, "Saved.")
        return HttpResponseRedirect(pages.page_url("change", segment))
    return pages.object_page(
        request,
        segment,
        title="Size alert",
        template="admin/membership/size_alert.html",
        context={"form": form, "size": size_of(segment)},
    )

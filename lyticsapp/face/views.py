"""Pages that belong to no model: choosing an account, one's own settings, entry."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from lyticsapp.face import current, home
from lyticsapp.face.forms import OwnSettingsForm


@require_POST
def switch_account(request: HttpRequest) -> HttpResponse:
    """Look at another account."""
    chosen = current.switch(request, request.POST.get("account", ""))
    if chosen is None:
        raise Http404
    messages.info(request, f"You are now in {chosen.name}.")
    return HttpResponseRedirect(reverse("admin:index"))


def home_part(request: HttpRequest, key: str) -> HttpResponse:
    """One part of the home page."""
    found = [section for section in home.sections() if section.key == key]
    if not found:
        raise Http404
    current.place(request)
    section = found[0]
    return render(request, section.template, {"data": section.context(request)})


def own_settings(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """A person's own name and time zone."""
    form = OwnSettingsForm(request.POST or None, instance=current.person(request))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return HttpResponseRedirect(reverse("admin:own_settings"))
    context |= {"title": "Your settings", "form": form}
    return render(request, "admin/face/own_settings.html", context)

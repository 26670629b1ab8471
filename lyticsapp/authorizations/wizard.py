"""The pages that make an authorization: provider, method, its fields.

Each has an address of its own. Whoever comes from a job being set up goes back there
with what was made: `next` in the address carries the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from lyticsapp.authorizations import lifecycle, provider
from lyticsapp.authorizations.errors import AuthorizationError
from lyticsapp.authorizations.forms import AuthorizationForm
from lyticsapp.authorizations.models import Authorization
from lyticsapp.authorizations.provider import Method, Provider
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.face import current
from lyticsapp.face.model_admin import actor
from lyticsapp.face.steps import Step, steps_context

if TYPE_CHECKING:
    from lyticsapp.authorizations.admin import AuthorizationAdmin

NEXT = "next"
TITLES = ("Provider", "Method", "Authorization")


class Wizard:
    """The pages, for an admin that lists authorizations."""

    def __init__(self, page: AuthorizationAdmin) -> None:
        self._page = page

    def urls(self) -> list[URLPattern]:
        """The addresses of the steps."""
        view = self._page.admin_site.admin_view
        name = "authorizations_authorization_add"
        return [
            path("add/", view(self.providers), name=name),
            path("add/<slug:key>/", view(self.methods), name=f"{name}_method"),
            path("add/<slug:key>/<slug:way>/", view(self.fill_in), name=f"{name}_form"),
        ]

    def providers(self, request: HttpRequest) -> HttpResponse:
        """At whom one is let in."""
        context = {"providers": list(provider.registry().values())}
        return self._answer(request, "providers", [Step("Provider")], context)

    def methods(self, request: HttpRequest, key: str) -> HttpResponse:
        """By which of its methods."""
        steps = [_back(request, "Provider"), Step("Method")]
        return self._answer(request, "methods", steps, {"provider": _provider(key)})

    def fill_in(self, request: HttpRequest, key: str, way: str) -> HttpResponse:
        """With which credentials, and under which label."""
        at = _provider(key)
        method = _method(at, way)
        form = AuthorizationForm(method, request.POST or None)
        self._require_permission(request)
        if form.is_valid():
            made = _made(request, at, form)
            if made is not None:
                messages.success(request, f"“{made}” is saved.")
                return HttpResponseRedirect(self._after(request, made))
        steps = [
            _back(request, "Provider"),
            _back(request, "Method", key),
            Step("Authorization"),
        ]
        context = {
            "provider": at,
            "method": method,
            "form": form,
            "back_url": _next(request) or self._page.list_url(),
        }
        return self._answer(request, "form", steps, context)

    def _after(self, request: HttpRequest, made: Authorization) -> str:
        onward = _next(request)
        if onward:
            return f"{onward}{made.public_id}/"
        return self._page.page_url("change", made)

    def _require_permission(self, request: HttpRequest) -> None:
        if not self._page.has_add_permission(request):
            raise PermissionDenied

    def _answer(
        self,
        request: HttpRequest,
        template: str,
        steps: Sequence[Step],
        context: dict[str, Any],
    ) -> HttpResponse:
        self._require_permission(request)
        return TemplateResponse(
            request,
            f"admin/authorizations/{template}.html",
            {
                **self._page.admin_site.each_context(request),
                "opts": self._page.opts,
                "title": "New authorization",
                "carried": _carried(request),
                **steps_context(steps, TITLES),
                **context,
            },
        )


def _made(
    request: HttpRequest, at: Provider, form: AuthorizationForm
) -> Authorization | None:
    account = current.account(request)
    try:
        return lifecycle.create(
            account, at.key, form.method.key, form.wanted(), actor(request)
        )
    except InvalidSettingError as error:
        form.refuse(error.name, error.reason)
        return None


def _back(request: HttpRequest, title: str, *args: str) -> Step:
    step = "add_method" if args else "add"
    url = reverse(f"admin:authorizations_authorization_{step}", args=args)
    return Step(title, url + _carried(request))


def _next(request: HttpRequest) -> str:
    """Where to go on with what was made; an address of this site, or nothing."""
    onward = request.GET.get(NEXT, "")
    own = url_has_allowed_host_and_scheme(onward, allowed_hosts=None)
    return onward if own and onward.startswith("/") and onward.endswith("/") else ""


def _carried(request: HttpRequest) -> str:
    onward = _next(request)
    return f"?{urlencode({NEXT: onward})}" if onward else ""


def _provider(key: str) -> Provider:
    try:
        return provider.get(key)
    except AuthorizationError as error:
        raise Http404 from error


def _method(at: Provider, key: str) -> Method:
    try:
        return at.method(key)
    except AuthorizationError as error:
        raise Http404 from error

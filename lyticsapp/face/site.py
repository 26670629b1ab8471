"""The admin site: who may enter, its menu, its home page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from lyticsapp.accounts.models import User
from lyticsapp.face import current, home, views
from lyticsapp.face.forms import FaceLoginForm
from lyticsapp.face.unfolded import UnfoldSite

MENU_GROUPS = ("Audiences", "Data", "Events", "Triggers", "Account", "Installation")
SWITCHABLE_AT_MOST = 20


class FaceSite(UnfoldSite):
    """The admin of the product."""

    site_title = "lyticsapp"
    site_header = "lyticsapp"
    index_title = "Home"
    index_template = "admin/face/home.html"
    login_form = FaceLoginForm

    def has_permission(self, request: HttpRequest) -> bool:
        """Everybody who can log in may enter; each page asks for roles itself."""
        return isinstance(request.user, User) and request.user.is_active

    def get_urls(self) -> list[Any]:
        own: list[URLPattern] = [
            path("account/", self.admin_view(views.switch_account), name="switch"),
            path("me/", self.admin_view(self.own_settings), name="own_settings"),
            path("home/<slug:key>/", self.admin_view(self.home_part), name="home_part"),
        ]
        return [*own, *super().get_urls()]

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[Any]:
        """How the code is divided is nothing people need to see; see `menu`."""
        return []

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().each_context(request)
        if not self.has_permission(request):
            return context
        place = current.find_place(request)
        context["place"] = place
        context["other_accounts"] = _others(request, place)
        context["menu"] = list(self.menu(request))
        return context

    def menu(self, request: HttpRequest) -> Iterator[dict[str, Any]]:
        """The groups of the menu, each with the pages this person may see."""
        shown = [
            page
            for page in self._registry.values()
            if getattr(page, "menu_group", "") and page.has_view_permission(request)
        ]
        for group in MENU_GROUPS:
            pages: list[Any] = [p for p in shown if p.menu_group == group]  # type: ignore[attr-defined]
            pages.sort(key=lambda page: page.menu_order)
            if pages:
                yield {
                    "title": group,
                    "items": [_menu_item(request, page) for page in pages],
                }

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """What runs and what fails; the first steps where nothing runs yet."""
        place = current.find_place(request)
        context = {
            **self.each_context(request),
            "title": self.index_title,
            "sections": _sections(request) if place else [],
            "first_steps": _first_steps(request) if place else [],
        }
        return TemplateResponse(request, self.index_template, context)

    def home_part(self, request: HttpRequest, key: str) -> HttpResponse:
        """One part of the home page again, for a page that stays open."""
        return views.home_part(request, key)

    def own_settings(self, request: HttpRequest) -> HttpResponse:
        """A person's own name and time zone."""
        return views.own_settings(request, self.each_context(request))

    def app_index(
        self,
        request: HttpRequest,
        app_label: str,
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """There are no pages by app."""
        return HttpResponseRedirect(reverse("admin:index"))


def _others(request: HttpRequest, place: current.Place | None) -> list[Any]:
    here = place.account.pk if place else None
    accounts = current.switchable(current.person(request), SWITCHABLE_AT_MOST)
    return [each for each in accounts if each.pk != here]


def _menu_item(request: HttpRequest, page: Any) -> dict[str, Any]:
    url = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
    return {
        "title": page.menu_title or page.opts.verbose_name_plural,
        "url": url,
        "icon": page.menu_icon,
        "count": page.menu_count(request),
        "active": request.path.startswith(url),
    }


def _sections(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {"section": section, "data": section.context(request)}
        for section in home.sections()
    ]


def _first_steps(request: HttpRequest) -> list[dict[str, Any]]:
    steps = [
        {"step": step, "done": step.is_done(request)} for step in home.first_steps()
    ]
    return [] if all(step["done"] for step in steps) else steps

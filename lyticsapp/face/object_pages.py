"""The pages of an object besides its form: its own, a question, its history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from lyticsapp.accounts.models import AuditEntry
from lyticsapp.face import current
from lyticsapp.face.declared import Button, ObjectPage, Question
from lyticsapp.face.errors import ChangeRefusedError
from lyticsapp.face.scoped import ScopedModelAdmin

HISTORY_PER_PAGE = 50


class ObjectPagesAdmin(ScopedModelAdmin):
    """Gives each object the pages that `object_pages` declares."""

    object_pages: ClassVar[Sequence[ObjectPage]] = ()

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<path:object_id>/{page.path}/",
                self.admin_site.admin_view(self._view_of(page)),
                name=self.page_name(page.path),
            )
            for page in self.object_pages
        ]
        return [*own, *super().get_urls()]

    def page_name(self, page: str) -> str:
        """The name of the address of a page of an object."""
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def page_url(self, page: str, obj: models.Model) -> str:
        """The address of a page of an object; `change` is its main page."""
        return reverse(f"admin:{self.page_name(page)}", args=[obj.pk])

    def list_url(self) -> str:
        """The address of the list."""
        return reverse(f"admin:{self.page_name('changelist')}")

    def buttons(self, request: HttpRequest, obj: Any) -> list[Button]:
        """The buttons at the top of an object's page."""
        return [
            Button(page.label, self.page_url(page.path, obj), page.icon)
            for page in self.object_pages
            if page.in_header
            and page.shown(obj)
            and self.allows(request, page.role, obj)
        ]

    def _view_of(self, page: ObjectPage) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            obj = self.existing(request, object_id)
            if not self.allows(request, page.role, obj):
                raise PermissionDenied
            respond: Callable[..., HttpResponse] = getattr(self, page.view)
            return respond(request, obj)

        return view

    def existing(self, request: HttpRequest, object_id: str) -> Any:
        """The object with this key in the current account, or 404."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404
        return obj

    def object_page(
        self,
        request: HttpRequest,
        obj: Any,
        *,
        title: str,
        template: str,
        context: Mapping[str, Any],
    ) -> TemplateResponse:
        """A page about an object, in the look of all others."""
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            template,
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": obj,
                "title": title,
                "crumb_url": self.page_url("change", obj),
                "model_admin": self,
                **context,
            },
        )

    def ask(
        self,
        request: HttpRequest,
        obj: Any,
        question: Question,
        act: Callable[[], str],
        back_url: str = "",
    ) -> HttpResponse:
        """Ask before a change; once confirmed, make it and tell what was done.

        Then, or if not confirmed, go back: to the object's page unless said.
        """
        url = back_url or self.page_url("change", obj)
        if request.method != "POST":
            context = {"question": question, "back_url": url}
            return self.object_page(
                request,
                obj,
                title=question.title,
                template="admin/face/confirm.html",
                context=context,
            )
        try:
            messages.success(request, act())
        except ChangeRefusedError as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(url)

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Who changed this object, from the audit log."""
        obj = self.existing(request, object_id)
        entries = (
            AuditEntry.objects.for_account(current.account(request))
            .filter(
                object_type=self.opts.model_name,
                object_id=str(getattr(obj, "public_id", obj.pk)),
            )
            .select_related("user", "token")
            .order_by("-at", "-pk")
        )
        page = Paginator(entries, HISTORY_PER_PAGE).get_page(request.GET.get("p"))
        return self.object_page(
            request,
            obj,
            title="History",
            template="admin/face/history.html",
            context={"page": page},
        )

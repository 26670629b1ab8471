"""What every page about an account's rows shares: its list, its form, deleting.

`AccountModelAdmin` leaves every change to a domain function: `save_model` and
`delete_model` of its children call one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from lyticsapp.accounts.audit import Actor
from lyticsapp.face import current
from lyticsapp.face.declared import Button, Deletion
from lyticsapp.face.errors import ChangeRefusedError
from lyticsapp.face.forms import AccountForm
from lyticsapp.face.object_pages import ObjectPagesAdmin
from lyticsapp.face.paginator import CappedPaginator

REFUSED = "_face_refused"
SHOWN_ONCE = "_face_shown_once"


class AccountModelAdmin(ObjectPagesAdmin):
    """Pages about rows of the current account."""

    form = AccountForm
    menu_group: ClassVar[str] = ""
    menu_icon: ClassVar[str] = "circle"
    menu_order: ClassVar[int] = 100
    menu_title: ClassVar[str] = ""
    intro: ClassVar[str] = ""
    empty_title: ClassVar[str] = ""
    empty_text: ClassVar[str] = ""
    empty_template: ClassVar[str] = ""
    shows_history: ClassVar[bool] = True

    add_label: ClassVar[str] = "Add"
    save_label: ClassVar[str] = "Save"
    nothing_found: ClassVar[str] = ""

    actions: Sequence[str] | None = None
    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    empty_value_display = "—"
    compressed_fields = True

    # Lists

    def menu_count(self, request: HttpRequest) -> int:
        """What the menu says waits on this page; nothing where it is 0."""
        return 0

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The list, with the buttons it has besides adding."""
        context = {**(extra_context or {}), "buttons": self.list_buttons(request)}
        return super().changelist_view(request, context)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The page's own, without those that Django has for rows of any kind."""
        known = super().get_actions(request)
        return {name: known[name] for name in self.actions or () if name in known}

    def list_buttons(self, request: HttpRequest) -> list[Button]:
        """The buttons at the top of the list."""
        return []

    # Forms

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form, which knows the account and who changes something in it."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        known = {
            "account": current.account(request),
            "actor": actor(request),
            "refused": getattr(request, REFUSED, None),
        }
        return type(form.__name__, (form,), known)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The form; once more, with the reason, where its change was refused."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ChangeRefusedError as refused:
            setattr(request, REFUSED, refused)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Ask, then delete; back to the object where that was refused."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except ChangeRefusedError as refused:
            messages.error(request, str(refused))
            url = reverse(f"admin:{self.page_name('change')}", args=[object_id])
            return HttpResponseRedirect(url)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Add what the page shows besides the form."""
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        context["save_label"] = self.save_label
        if obj is not None:
            context["buttons"] = self.buttons(request, obj)
            context |= self.object_context(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def object_context(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:
        """What the page of an object shows besides its form."""
        return {}

    # The second record that Django's admin would keep; `audit` keeps the one.

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return []

    # What is shown once

    def show_once(self, request: HttpRequest, text: str) -> None:
        """Have `response_once` show a text that is kept nowhere."""
        setattr(request, SHOWN_ONCE, text)

    def response_once(
        self, request: HttpRequest, *, title: str, note: str
    ) -> HttpResponse:
        """Show the text here and now: a redirect would have to keep it."""
        response = TemplateResponse(
            request,
            "admin/face/shown_once.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": title,
                "note": note,
                "text": getattr(request, SHOWN_ONCE),
                "list_url": self.list_url(),
            },
        )
        response["Cache-Control"] = "no-store"
        return response

    # Deleting

    def deletion(self, obj: Any) -> Deletion:
        """What deleting this object takes along, for the page that asks."""
        return Deletion()

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[Any, int], set[Any], list[Any]]:
        """What will go: told in words, never by loading every row."""
        told: list[Any] = []
        obstacles: list[Any] = []
        for obj in objs:
            deletion = self.deletion(obj)
            told.append(str(obj))
            if deletion.consequences:
                told.append(list(deletion.consequences))
            obstacles.extend(deletion.obstacles)
        count = {self.opts.verbose_name_plural: len(objs)}
        return told, count, set(), obstacles

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Delete the chosen rows one by one, each the way its own page does."""
        for obj in queryset:
            self.delete_model(request, obj)


class ReadOnly(AccountModelAdmin):
    """Pages that only show: these rows are the product's own work."""

    change_form_template = "admin/face/object.html"
    shows_history = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def actor(request: HttpRequest) -> Actor:
    """Who is looking, as the domain functions take it."""
    return Actor(user=current.person(request))

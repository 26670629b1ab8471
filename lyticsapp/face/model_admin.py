"""What every page about an account's rows shares.

`AccountModelAdmin` shows and offers the rows of the current account alone, asks
the person's role before anything else, and leaves every change to a domain
function: `save_model` and `delete_model` of its children call one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.models import Account, AuditEntry, Role
from lyticsapp.accounts.tenancy import AccountOwned
from lyticsapp.face import current
from lyticsapp.face.errors import ChangeRefusedError
from lyticsapp.face.forms import AccountForm
from lyticsapp.face.paginator import CappedPaginator
from lyticsapp.face.unfolded import UnfoldModelAdmin

HISTORY_PER_PAGE = 50
REFUSED = "_face_refused"
SHOWN_ONCE = "_face_shown_once"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectPage:
    """A page about one object besides its form; it gets a button at the top."""

    path: str
    view: str
    label: str
    icon: str = ""
    role: Role = Role.VIEWER
    shown: Callable[[Any], bool] = lambda obj: True
    in_header: bool = True


@dataclass(frozen=True, slots=True)
class Button:
    """A link at the top of a page."""

    label: str
    url: str
    icon: str = ""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before a change."""

    title: str
    text: str
    button: str


@dataclass(frozen=True, slots=True)
class Deletion:
    """What deleting an object takes along, and what stands in its way."""

    consequences: Sequence[str] = ()
    obstacles: Sequence[str] = ()


class AccountModelAdmin(UnfoldModelAdmin):
    """Pages about rows of the current account."""

    form = AccountForm
    menu_group: ClassVar[str] = ""
    menu_icon: ClassVar[str] = "circle"
    menu_order: ClassVar[int] = 100
    menu_title: ClassVar[str] = ""
    view_role: ClassVar[Role] = Role.VIEWER
    change_role: ClassVar[Role] = Role.EDITOR
    object_pages: ClassVar[Sequence[ObjectPage]] = ()
    intro: ClassVar[str] = ""
    empty_title: ClassVar[str] = ""
    empty_text: ClassVar[str] = ""
    empty_template: ClassVar[str] = ""
    shows_history: ClassVar[bool] = True

    add_label: ClassVar[str] = "Add"
    save_label: ClassVar[str] = "Save"
    nothing_found: ClassVar[str] = ""

    actions = None
    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    empty_value_display = "—"
    compressed_fields = True

    # Rows

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """The rows of the current account."""
        rows = self.rows_of(current.account(request))
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def rows_of(self, account: Account) -> models.QuerySet[Any]:
        """All rows of an account that these pages are about."""
        owned: Any = self.model
        rows: models.QuerySet[Any] = owned.objects.for_account(account)
        return rows

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer rows of the current account alone."""
        self._scope_choices(db_field, request, kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer rows of the current account alone."""
        self._scope_choices(db_field, request, kwargs)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @staticmethod
    def _scope_choices(
        db_field: Any, request: HttpRequest, kwargs: dict[str, Any]
    ) -> None:
        related = db_field.related_model
        if issubclass(related, AccountOwned):
            kwargs["queryset"] = related.objects.for_account(current.account(request))

    # Roles

    def allows(self, request: HttpRequest, role: Role, obj: Any = None) -> bool:
        """Whether the person has the role in the account the object belongs to."""
        place = current.find_place(request)
        if place is None or not place.allows(role):
            return False
        return obj is None or self.account_id_of(obj) == place.account.pk

    def account_id_of(self, obj: Any) -> int:
        """The account an object belongs to."""
        account_id: int = obj.account_id
        return account_id

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.allows(request, self.view_role)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.view_role, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.allows(request, self.change_role)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.change_role, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.change_role, obj)

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

    # Pages of an object

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
    ) -> HttpResponse:
        """Ask before a change; once confirmed, make it and tell what was done."""
        url = self.page_url("change", obj)
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

"""What the editor shows of the users whom a filter would hold now."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.views.decorators.http import require_POST

from lyticsapp.accounts.models import Account
from lyticsapp.face.model_admin import AccountModelAdmin
from segments.definitions.editor.views import address, answering, text_in
from segments.definitions.errors import DefinitionError
from segments.definitions.includes import IncludeGraph
from segments.definitions.statement import read
from segments.membership.preview import User, preview


def answer(request: HttpRequest, account: Account) -> dict[str, Any]:
    """How many users, how exactly that is known, and some of them."""
    try:
        statement = read(text_in(request))
        if statement.includes:
            IncludeGraph(account).check(statement, statement.alias or "")
        group = preview(account, statement)
    except DefinitionError:
        return {"size": None}
    return {
        "size": group.size.value,
        "margin": group.size.margin,
        "exact": group.size.exact,
        "users": [_shown(user) for user in group.users],
    }


def _shown(user: User) -> dict[str, str]:
    url = reverse("admin:profiles_profile_change", args=[user.profile_id])
    return {"label": str(user), "url": url}


def url(page: AccountModelAdmin) -> URLPattern:
    """Where the editor asks for it."""
    return address(page, "preview", require_POST(answering(page, answer)))

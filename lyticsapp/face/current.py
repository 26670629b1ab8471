"""The account a person is looking at, and what they may do in it.

Somebody may belong to several accounts, and operators may look at all: which
one they look at is kept in their session, and asked of the database each time,
so that a person who is removed from an account sees nothing of it from then on.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from lyticsapp.accounts.models import Account, Role, User

SESSION_KEY = "account"
_ROLES = (Role.VIEWER, Role.EDITOR, Role.ADMIN)
_CACHE = "_face_place"


@dataclass(frozen=True, slots=True)
class Place:
    """An account, and the role of the person looking at it."""

    account: Account
    role: Role

    def allows(self, role: Role) -> bool:
        """Whether the person's role includes this one."""
        return _ROLES.index(self.role) >= _ROLES.index(role)


def person(request: HttpRequest) -> User:
    """Who is looking; pages of the admin are shown to nobody else."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def places_of(user: User) -> list[Place]:
    """The accounts a person belongs to, by name."""
    members = user.memberships.select_related("account").order_by("account__name", "pk")
    return [Place(member.account, Role(member.role)) for member in members]


def place(request: HttpRequest) -> Place:
    """The account the person looks at and their role in it."""
    found = find_place(request)
    if found is None:
        raise PermissionDenied("You belong to no account. Ask for an invitation.")
    return found


def find_place(request: HttpRequest) -> Place | None:
    """As `place`, or None for someone who belongs to no account."""
    if not hasattr(request, _CACHE):
        setattr(request, _CACHE, _look_up(request))
    found: Place | None = getattr(request, _CACHE)
    return found


def account(request: HttpRequest) -> Account:
    """The account the person looks at."""
    return place(request).account


def switchable(user: User, at_most: int) -> list[Account]:
    """The accounts a person can look at, by name."""
    if user.is_superuser:
        return list(Account.objects.order_by("name", "pk")[:at_most])
    return [each.account for each in places_of(user)[:at_most]]


def switch(request: HttpRequest, public_id: str) -> Account | None:
    """Look at another account from now on; None where the person may not."""
    user = person(request)
    if user.is_superuser:
        chosen = Account.objects.filter(public_id=public_id).first()
    else:
        among = {each.account.public_id: each.account for each in places_of(user)}
        chosen = among.get(public_id)
    if chosen is not None:
        request.session[SESSION_KEY] = chosen.pk
        request.__dict__.pop(_CACHE, None)
    return chosen


def _look_up(request: HttpRequest) -> Place | None:
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        return None
    wanted = request.session.get(SESSION_KEY)
    places = places_of(user)
    if user.is_superuser:
        return _operators_place(places, wanted)
    for each in places:
        if each.account.pk == wanted:
            return each
    return places[0] if places else None


def _operators_place(places: list[Place], wanted: int | None) -> Place | None:
    own = [each.account.pk for each in places[:1]]
    for pk in filter(None, [wanted, *own]):
        chosen = Account.objects.filter(pk=pk).first()
        if chosen is not None:
            return Place(chosen, Role.ADMIN)
    first = Account.objects.order_by("pk").first()
    return Place(first, Role.ADMIN) if first is not None else None

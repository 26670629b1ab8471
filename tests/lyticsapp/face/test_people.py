"""Inviting people, joining, roles, and what is shown once."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from lyticsapp.accounts.models import Account, Invitation, Member, Role, User

PASSWORD = "a long enough secret"


@pytest.fixture
def invited(admin, mailoutbox, django_capture_on_commit_callbacks):
    """The link of an invitation that was made in the admin."""

    def invite(email="new@example.com", role=Role.EDITOR):
        with django_capture_on_commit_callbacks(execute=True):
            response = admin.post(
                reverse("admin:accounts_invitation_add"),
                {"email": email, "role": role},
            )
        link = re.search(
            r"https?://\S+/admin/(invitation/[\w-]+/)", response.content.decode()
        )
        assert link.group() in mailoutbox[-1].body
        return f"/admin/{link.group(1)}"

    return invite


def test_the_link_is_shown_once_and_mailed(admin, invited, account):
    link = invited()
    text = link.split("/")[-2]
    for page in ("changelist", "change"):
        pks = [Invitation.objects.for_account(account).get().pk]
        args = pks if page == "change" else []
        response = admin.get(reverse(f"admin:accounts_invitation_{page}", args=args))
        assert response.status_code == 200
        assert text not in response.content.decode()


def test_a_new_person_joins(invited, account):
    link, client = invited(), Client()
    assert "new@example.com" in client.get(link).content.decode()
    response = client.post(
        link, {"first_name": "New", "last_name": "Person", "password": PASSWORD}
    )
    assert response.headers["Location"] == reverse("admin:index")
    member = Member.objects.for_account(account).get(user__email="new@example.com")
    assert member.role == Role.EDITOR
    assert "Welcome to Own account" in client.get("/admin/").content.decode()


def test_a_weak_password_is_refused(invited, account):
    response = Client().post(invited(), {"password": "12345"})
    assert "too short" in response.content.decode()
    assert not User.objects.filter(email="new@example.com").exists()


def test_who_has_a_login_joins_with_it(
    invited, account, stranger, person_in, client_of
):
    user = person_in(stranger, email="new@example.com")
    link = invited()
    assert "has a login already" in Client().get(link).content.decode()
    client = client_of(user)
    assert "Join Own account" in client.get(link).content.decode()
    client.post(link)
    assert {each.account for each in user.memberships.all()} == {account, stranger}
    assert "Own account" in client.get("/admin/").content.decode()


def test_a_link_works_once(invited):
    link = invited()
    Client().post(link, {"password": PASSWORD})
    response = Client().get(link)
    assert response.status_code == 410
    assert "Ask for a new one" in response.content.decode()


def test_a_withdrawn_link_opens_nothing(admin, invited, account):
    link = invited()
    pk = Invitation.objects.for_account(account).get().pk
    admin.post(reverse("admin:accounts_invitation_delete", args=[pk]), {"post": "yes"})
    assert Client().get(link).status_code == 410


def test_who_is_in_already_is_not_invited(admin, account, person_in):
    person_in(account, email="in@example.com")
    response = admin.post(
        reverse("admin:accounts_invitation_add"),
        {"email": "in@example.com", "role": Role.VIEWER},
    )
    assert "a member of the account already" in response.content.decode()


def test_a_role_is_changed(admin, account, person_in):
    member = person_in(account, Role.VIEWER).memberships.get()
    url = reverse("admin:accounts_member_change", args=[member.pk])
    admin.post(url, {"role": Role.EDITOR})
    member.refresh_from_db()
    assert member.role == Role.EDITOR


def test_the_last_admin_stays(admin, account):
    member = Member.objects.for_account(account).get()
    url = reverse("admin:accounts_member_change", args=[member.pk])
    response = admin.post(url, {"role": Role.VIEWER})
    assert "keeps at least one admin" in response.content.decode()
    delete = reverse("admin:accounts_member_delete", args=[member.pk])
    response = admin.post(delete, {"post": "yes"}, follow=True)
    assert "keeps at least one admin" in response.content.decode()
    member.refresh_from_db()
    assert member.role == Role.ADMIN


def test_an_admin_changes_the_settings(admin, account):
    url = reverse("admin:accounts_account_change", args=[account.pk])
    values = {"name": "Renamed", "time_zone": "Europe/Madrid"}
    admin.post(url, values | {"identity_fields": "user_id"})
    account.refresh_from_db()
    assert (account.name, account.time_zone) == ("Renamed", "Europe/Madrid")


def test_only_operators_create_accounts(admin, client_of):
    url = reverse("admin:accounts_account_add")
    values = {"name": "Another", "time_zone": "UTC", "identity_fields": "user_id"}
    assert admin.post(url, values).status_code == 403
    client_of(User.objects.create_superuser("op@example.com")).post(url, values)
    assert Account.objects.filter(name="Another").exists()

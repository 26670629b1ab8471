"""The people of an account: the first, the invited, those who leave."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.utils import timezone

from lyticsapp.accounts import details, invitations, members, tokens
from lyticsapp.accounts.audit import SYSTEM, Actor
from lyticsapp.accounts.bootstrap import create_first_account
from lyticsapp.accounts.errors import (
    AlreadyMemberError,
    InvitationEndedError,
    KnownPersonError,
    LastAdminError,
    UnknownTimeZoneError,
)
from lyticsapp.accounts.models import (
    Account,
    AuditEntry,
    Invitation,
    Member,
    Role,
    User,
)

PASSWORD = "correct horse battery"


pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return Account.objects.create(name="Acme")


@pytest.fixture
def alice(account):
    user = User.objects.create_user("alice@example.com", PASSWORD)
    Member.objects.create(account=account, user=user, role=Role.ADMIN)
    return user


@pytest.fixture
def invite(account, alice):
    def issue(email="bob@example.com", role=Role.EDITOR):
        issued = invitations.invite(
            account=account, email=email, role=role, actor=Actor(user=alice)
        )
        return issued.link.rstrip("/").rsplit("/", 1)[1]

    return issue


def role_of(account, user):
    return Member.objects.for_account(account).get(user=user).role


def test_the_first_account_can_be_entered(rf, settings):
    first = create_first_account()
    request = rf.post("/")
    user = authenticate(
        request, username=first.admin_user, password=first.admin_password
    )
    token = tokens.verify(first.api_token)
    assert token.account.public_id == first.account_id
    assert role_of(token.account, user) == Role.ADMIN
    assert first.admin_password not in repr(first)
    assert first.api_token not in repr(first)


def test_an_invitation_is_mailed(
    invite, alice, mailoutbox, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        text = invite(" Bob@Example.com ")
    (mail,) = mailoutbox
    assert mail.to == ["bob@example.com"]
    assert "Acme" in mail.subject
    assert f"http://127.0.0.1:8000/admin/invitation/{text}/" in mail.body
    assert str(alice) in mail.body


def test_an_invitation_keeps_no_text(invite, account):
    text = invite()
    rows = [
        *Invitation.objects.for_account(account).values(),
        *AuditEntry.objects.for_account(account).values(),
    ]
    assert len(rows) == 2
    assert text not in str(rows)


def test_a_new_person_joins_once(invite, account):
    text = invite(role=Role.VIEWER)
    assert invitations.find(text).email == "bob@example.com"
    bob = invitations.accept_new(text, password=PASSWORD, first_name="Bob")
    assert bob.check_password(PASSWORD)
    assert bob.first_name == "Bob"
    assert not bob.is_staff
    assert role_of(account, bob) == Role.VIEWER
    for again in (invitations.find, lambda t: invitations.accept_as(bob, t)):
        with pytest.raises(InvitationEndedError):
            again(text)


def test_a_weak_password_leaves_the_invitation_open(invite):
    text = invite()
    with pytest.raises(ValidationError):
        invitations.accept_new(text, password="12345")
    assert invitations.find(text)
    assert not User.objects.filter(email="bob@example.com").exists()


def test_somebody_joins_a_further_account(invite, account, alice):
    other = Account.objects.create(name="Other")
    issued = invitations.invite(
        account=other, email=alice.email, role=Role.VIEWER, actor=SYSTEM
    )
    text = issued.link.rstrip("/").rsplit("/", 1)[1]
    with pytest.raises(KnownPersonError):
        invitations.accept_new(text, password=PASSWORD)
    invitations.accept_as(alice, text)
    assert role_of(other, alice) == Role.VIEWER
    assert role_of(account, alice) == Role.ADMIN


def test_a_member_is_not_invited_again(invite, alice):
    with pytest.raises(AlreadyMemberError):
        invite(alice.email.upper())


def test_an_invitation_expires(invite, time_machine):
    text = invite()
    time_machine.move_to(timezone.now() + invitations.VALID_FOR + timedelta(seconds=1))
    with pytest.raises(InvitationEndedError):
        invitations.accept_new(text, password=PASSWORD)


def test_a_second_invitation_ends_the_first(invite):
    first, second = invite(), invite()
    with pytest.raises(InvitationEndedError):
        invitations.find(first)
    assert invitations.find(second)


def test_a_withdrawn_invitation_opens_nothing(invite, alice):
    text = invite()
    invitations.withdraw(invitations.find(text), actor=Actor(user=alice))
    with pytest.raises(InvitationEndedError):
        invitations.find(text)


@pytest.mark.parametrize("text", ["", "nonsense", "\ud800"])
def test_an_unknown_text_opens_nothing(text):
    with pytest.raises(InvitationEndedError):
        invitations.find(text)


def test_an_account_keeps_an_admin(invite, account, alice):
    by_alice = Actor(user=alice)
    member = Member.objects.for_account(account).get(user=alice)
    bob = invitations.accept_new(invite(), password=PASSWORD)
    with pytest.raises(LastAdminError):
        members.remove(member, actor=by_alice)
    with pytest.raises(LastAdminError):
        members.change_role(member, Role.VIEWER, actor=by_alice)
    other = Member.objects.for_account(account).get(user=bob)
    members.change_role(other, Role.ADMIN, actor=by_alice)
    members.remove(member, actor=by_alice)
    assert list(Member.objects.for_account(account)) == [other]


def test_changes_of_people_are_audited(invite, account, alice):
    bob = invitations.accept_new(invite(), password=PASSWORD)
    member = Member.objects.for_account(account).get(user=bob)
    members.change_role(member, Role.VIEWER, actor=Actor(user=alice))
    members.remove(member, actor=Actor(user=alice))
    entries = AuditEntry.objects.for_account(account).order_by("id")
    assert [(e.action, e.user.email) for e in entries] == [
        ("create", "alice@example.com"),
        ("join", "bob@example.com"),
        ("update", "alice@example.com"),
        ("remove", "alice@example.com"),
    ]
    assert entries[2].changes == {"role": ["editor", "viewer"]}


def test_an_account_is_renamed(account, alice):
    actor = Actor(user=alice)
    details.change_account(account, name="New", time_zone="Europe/Madrid", actor=actor)
    details.change_account(account, name="New", time_zone="Europe/Madrid", actor=actor)
    account.refresh_from_db()
    assert (account.name, account.time_zone) == ("New", "Europe/Madrid")
    entry = AuditEntry.objects.for_account(account).get()
    assert entry.changes == {
        "name": ["Acme", "New"],
        "time_zone": ["UTC", "Europe/Madrid"],
    }
    with pytest.raises(UnknownTimeZoneError):
        details.change_account(account, name="New", time_zone="Mars", actor=actor)


def log_in(client, email, password):
    form = {"username": email, "password": password}
    return client.post("/admin/login/", form)


def test_logins_are_throttled_whatever_the_case(client, alice):
    for spelling in ("alice", "Alice", "aLice", "alIce", "aliCe"):
        log_in(client, f"{spelling}@example.com", "wrong")
    assert log_in(client, "alice@example.com", PASSWORD).status_code == 429
    User.objects.create_user("carol@example.com", PASSWORD)
    assert log_in(client, "carol@example.com", PASSWORD).status_code == 302


def test_a_throttled_login_opens_again(client, alice, time_machine):
    for _ in range(5):
        log_in(client, alice.email, "wrong")
    time_machine.move_to(timezone.now() + timedelta(minutes=16))
    assert log_in(client, alice.email, PASSWORD).status_code == 302

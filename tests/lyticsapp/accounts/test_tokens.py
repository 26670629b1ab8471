"""API tokens: how they are made, known again, and refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from lyticsapp.accounts import tokens
from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.errors import ExpiredTokenError, InvalidTokenError
from lyticsapp.accounts.models import Account, ApiToken, AuditEntry, Scope
from lyticsapp.accounts.tokens import TokenCache

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return Account.objects.create(name="Acme")


def issue(account, *scopes, **values):
    return tokens.issue(
        account=account,
        name="test",
        scopes=scopes or (Scope.DATA,),
        actor=SYSTEM,
        **values,
    )


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_it_has_the_documented_form(account):
    prefix, public_id, secret = issue(account).text.split(".")
    assert prefix == "at"
    assert len(public_id) == 32
    assert len(secret) == 64


def test_it_keeps_no_secret(account):
    issued = issue(account)
    secret = issued.text.rsplit(".", 1)[1]
    row = ApiToken.objects.for_account(account).values().get()
    assert secret not in str(row)
    assert secret not in str(AuditEntry.objects.for_account(account).values().get())
    assert secret not in repr(issued)


def test_it_verifies_its_own_text_only(account):
    issued, other = issue(account), issue(account)
    assert tokens.verify(issued.text) == issued.token
    forged = ".".join([*issued.text.split(".")[:2], other.text.split(".")[2]])
    for text in (
        forged,
        "",
        "at",
        "at..",
        issued.text[:-1],
        issued.text + "0",
        "ä.b.c",
    ):
        with pytest.raises(InvalidTokenError):
            tokens.verify(text)


def test_it_refuses_an_expired_token(account):
    issued = issue(account, expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(ExpiredTokenError, match="Expired Token"):
        tokens.verify(issued.text)


def test_a_wrong_secret_is_not_told_of_the_expiry(account):
    issued = issue(account, expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(InvalidTokenError):
        tokens.verify(issued.text + "0")


def test_it_records_the_last_use_once_a_minute(account, time_machine):
    issued = issue(account)
    start = timezone.now()

    def used_after(seconds):
        time_machine.move_to(start + timedelta(seconds=seconds), tick=False)
        tokens.verify(issued.text)
        return ApiToken.objects.for_account(account).get().last_used_at

    first = used_after(0)
    assert first == start
    assert used_after(59) == first
    assert used_after(60) == start + timedelta(seconds=60)


def test_admin_allows_everything(account):
    cache = TokenCache()
    admin = cache.verify(issue(account, Scope.ADMIN).text)
    data = cache.verify(issue(account, Scope.DATA).text)
    assert all(admin.allows(scope) for scope in Scope)
    assert [scope for scope in Scope if data.allows(scope)] == [Scope.DATA]


def test_the_cache_asks_the_database_once(account, django_assert_num_queries):
    issued, cache = issue(account), TokenCache()
    cache.verify(issued.text)
    with django_assert_num_queries(0):
        token = cache.verify(issued.text)
    assert token.account_id == account.pk
    assert token.identity_fields == ("user_id", "email", "_uid")


def test_the_cache_checks_the_secret_on_a_hit(account):
    issued, cache = issue(account), TokenCache()
    cache.verify(issued.text)
    with pytest.raises(InvalidTokenError):
        cache.verify(issued.text[:-1] + "x")
    assert cache.verify(issued.text)


def test_the_cache_sees_an_expiry_on_a_hit(account, time_machine):
    now = timezone.now()
    issued = issue(account, expires_at=now + timedelta(seconds=2))
    cache = TokenCache()
    cache.verify(issued.text)
    time_machine.move_to(now + timedelta(seconds=3))
    with pytest.raises(ExpiredTokenError):
        cache.verify(issued.text)


def test_a_token_revoked_elsewhere_is_refused_within_five_seconds(account):
    clock = Clock()
    issued, cache = issue(account), TokenCache(clock)
    cache.verify(issued.text)
    ApiToken.objects.for_account(account).delete()
    clock.now = 4.9
    assert cache.verify(issued.text)
    clock.now = 5.0
    with pytest.raises(InvalidTokenError):
        cache.verify(issued.text)
    with pytest.raises(InvalidTokenError):
        cache.verify(issued.text)


def test_a_token_revoked_here_is_refused_at_once(account):
    issued = issue(account)
    tokens.cache.verify(issued.text)
    tokens.revoke(issued.token, actor=SYSTEM)
    with pytest.raises(InvalidTokenError):
        tokens.cache.verify(issued.text)


def test_issue_and_revoke_are_audited(account):
    tokens.revoke(issue(account).token, actor=SYSTEM)
    entries = AuditEntry.objects.for_account(account).order_by("id")
    assert [(e.action, e.object_type) for e in entries] == [
        ("create", "apitoken"),
        ("revoke", "apitoken"),
    ]

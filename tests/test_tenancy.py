"""Two accounts with the same users, slugs and streams see and change only their own.

Every address of the API is tried, by every method, with one account's token and
the ids, slugs and values of the other. A new address is covered by itself; one
with a parameter that `OTHERS` does not know fails the test that collects them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from lyticsapp.accounts import tokens
from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, AuditEntry, Scope
from lyticsapp.authorizations import lifecycle as authorizations
from lyticsapp.authorizations.lifecycle import Wanted
from segments.definitions.models import Segment
from segments.definitions.upsert import upsert_from_text
from segments.pipeline.batch import Lane, process
from segments.profiles.models import Identity, Profile
from segments.streams.models import PendingEvent
from subscriptions import selection
from subscriptions.models import Replay, Subscription
from subscriptions.selection import Selection
from tests.subscriptions.making import make_subscription

pytestmark = pytest.mark.django_db(transaction=True)

MARK = "only-of-the-other"
_OWNED_TABLES = """
SELECT table_name FROM information_schema.columns
WHERE table_schema = 'public' AND column_name = 'account_id' ORDER BY table_name
"""
METHODS = ("get", "post", "put", "patch", "delete")
OPEN = ("/admin/", "/healthz", "/readyz", "/docs", "/openapi.json", "/metrics")


class Tenant:
    """An account with a user, a segment, a subscription, an authorization and a token."""

    def __init__(self, name: str, mark: str) -> None:
        self.account = Account.objects.create(name=name)
        issued = tokens.issue(
            account=self.account, name="all", scopes=[Scope.ADMIN], actor=SYSTEM
        )
        self.client = Client(headers={"Authorization": issued.text})
        self.segment, _ = upsert_from_text(
            self.account,
            f'-- {mark}\nFILTER paying = "t" FROM user ALIAS same',
            SYSTEM,
        )
        self.subscription = make_subscription(
            self.account, [self.segment], f"https://{mark}.example.com/"
        )
        self.replay = Replay.objects.create(
            account=self.account,
            selection=selection.written(
                Selection(subscription_id=self.subscription.pk)
            ),
            per_second=1,
            last_id=0,
        )
        self.authorization = authorizations.create(
            self.account, "webhook", "none", Wanted(label=mark), SYSTEM
        )
        self.token = issued.token
        self.send({"user_id": "u1", "paying": "t", "note": mark})
        work(self.account)

    def send(self, event: dict[str, Any]) -> None:
        answer = self.client.post(
            "/collect/json/same", json.dumps(event), content_type="application/json"
        )
        assert answer.status_code == 200, answer.content

    def rows(self) -> list[str]:
        """Every row of every table that belongs to the account, as text."""
        found = []
        with connection.cursor() as cursor:
            cursor.execute(_OWNED_TABLES)
            for (table,) in cursor.fetchall():
                cursor.execute(
                    f"SELECT t::text FROM {table} t WHERE account_id = %s",
                    [self.account.pk],
                )
                found += sorted(f"{table} {row}" for (row,) in cursor.fetchall())
        assert any(MARK in row for row in found)
        return found


@pytest.fixture
def us() -> Tenant:
    return Tenant("Us", "ours")


@pytest.fixture
def other(us: Tenant) -> Tenant:
    return Tenant("Other", MARK)


def work(account: Account) -> None:
    lanes = PendingEvent.objects.filter(account_id=account.pk).values_list(
        "lane", flat=True
    )
    for lane in set(lanes):
        while process(account.pk, lane).lane is Lane.WORKED:
            pass


def routes() -> Iterator[str]:
    """The product's addresses outside the admin, with their parameters."""
    yield from _routes(get_resolver().url_patterns, "/")


def _routes(patterns: list[Any], prefix: str) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            route = prefix + str(pattern.pattern)
            if route != "/" and "^" not in route and not route.startswith(OPEN):
                yield route


OTHERS = {
    "<str:ref>": lambda t: [
        t.segment.public_id,
        t.authorization.public_id,
        t.token.public_id,
    ],
    "<str:auth_type>": lambda t: ["webhook", "api_token"],
    "<str:slug>": lambda t: ["webhook"],
    "<str:public_id>": lambda t: [
        t.subscription.public_id,
        t.subscription.job.public_id,
        t.authorization.public_id,
    ],
    "<int:replay>": lambda t: [str(t.replay.pk)],
    "<str:workflow>": lambda t: [t.subscription.job.workflow],
    "<str:command>": lambda t: ["pause", "kill"],
    "<str:table>": lambda t: ["user"],
    "<str:field>": lambda t: ["user_id", "note"],
    "<path:value>": lambda t: ["u1", MARK],
    "<path:stream>": lambda t: ["same"],
}


def addresses(tenant: Tenant) -> list[str]:
    found = list(routes())
    assert found
    for parameter, values in OTHERS.items():
        found = [
            route.replace(parameter, value)
            for route in found
            for value in (values(tenant) if parameter in route else [""])
        ]
    assert [route for route in found if "<" in route] == []
    return found


def bodies(other: Tenant) -> list[dict[str, Any]]:
    return [
        {},
        {"id": other.subscription.public_id, "name": "taken", "channel": "webhook"},
        {
            "channel": "webhook",
            "webhook_url": "https://ours.example.com/",
            "segment_ids": [other.segment.public_id],
        },
        {"provider_id": "webhook", "label": "taken"},
        {"name": "taken", "segment_ql": "FILTER * ALIAS taken"},
        {
            "name": "including",
            "segment_ql": f"FILTER INCLUDE {other.segment.public_id} ALIAS including",
        },
    ]


def test_no_address_shows_or_changes_what_is_the_others(
    us: Tenant, other: Tenant
) -> None:
    before = other.rows()
    for address in addresses(other):
        for method in METHODS:
            for body in bodies(other):
                answer = (
                    getattr(us.client, method)(
                        address, json.dumps(body), content_type="application/json"
                    )
                    if method != "get"
                    else us.client.get(address)
                )
                shown = answer.content.decode()
                assert answer.status_code < 500, (method, address, shown)
                assert MARK not in shown.replace(address, ""), (method, address)
                assert other.subscription.public_id not in shown or (
                    answer.status_code >= 400
                )
    assert other.rows() == before
    Segment.objects.for_account(other.account).get(slug="same")
    Subscription.objects.for_account(other.account).get()


def test_the_same_users_are_different_people(us: Tenant, other: Tenant) -> None:
    ours = us.client.get("/api/entity/user/user_id/u1").json()["data"]
    theirs = other.client.get("/api/entity/user/user_id/u1").json()["data"]
    assert (ours["note"], theirs["note"]) == ("ours", MARK)
    assert Identity.objects.filter(value="u1").count() == 2


def test_the_pipeline_of_one_leaves_the_other_alone(us: Tenant, other: Tenant) -> None:
    other.send({"user_id": "u1", "paying": "f"})
    before = other.rows()
    us.send({"user_id": "u1", "paying": "f"})
    work(us.account)
    assert other.rows() == before
    assert PendingEvent.objects.filter(account_id=other.account.pk).count() == 1
    work(other.account)
    assert Profile.objects.for_account(other.account).get().segment_ids == []


def test_the_audit_log_is_each_accounts_own(us: Tenant, other: Tenant) -> None:
    entries = AuditEntry.objects.for_account(us.account)
    assert entries.exists()
    assert not entries.filter(object_id=other.segment.public_id).exists()

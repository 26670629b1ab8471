"""No secret that was entered is found anywhere but encrypted in its column.

Every method of every provider, a webhook's headers, a job's own secret: entered over
the API and in the pages, used, refused, edited. Then every byte is searched of the
database, Redis and the tasks in it, the logs, the API's answers and the pages.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from pysequoia import Tsk

from lyticsapp.accounts import tokens
from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, Member, Role, Scope, User
from lyticsapp.authorizations import provider
from lyticsapp.authorizations.models import Authorization
from lyticsapp.declaration.settings import Kind, Setting
from lyticsapp.jobs import runner, workflow
from lyticsapp.jobs.models import Job
from subscriptions import lookup
from tests.lyticsapp.jobs import workflows
from tests.subscriptions.inbox import Inbox, Reply
from tests.subscriptions.making import make_segment, moved, send_all, write

pytestmark = pytest.mark.django_db(transaction=True)

OWNER = "Acme <it@acme.example.com>"
_TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name
"""


class Entered:
    """The secrets that were entered, in every form they could be found in."""

    def __init__(self) -> None:
        self.secrets: list[str] = []

    def one(self, name: str) -> str:
        """A new secret that begins as it is to."""
        secret = f"hush{len(self.secrets):02}-{name}-Zq9/x+7=".replace(" ", "")
        self.secrets.append(secret)
        return secret

    def private_key(self) -> str:
        """A new private key, whose middle line is looked for."""
        armour = str(Tsk.generate(user_id=OWNER))
        lines = armour.splitlines()
        self.secrets.append(lines[len(lines) // 2])
        return armour

    def found_in(self, text: str) -> list[str]:
        return [
            secret
            for secret in self.secrets
            for form in self._forms(secret)
            if form in text
        ]

    @staticmethod
    def _forms(secret: str) -> Iterator[str]:
        yield secret
        yield quote_plus(secret)
        yield secret.encode().hex()
        yield json.dumps(secret)[1:-1]
        for shift in range(3):  # wherever it lies in what was encoded
            inner = base64.b64encode(b"\0" * shift + secret.encode()).decode()
            yield inner[4:-4]


@pytest.fixture
def entered() -> Entered:
    return Entered()


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    found = {**workflow._finders, "tests": lambda: workflow.in_package(workflows)}
    monkeypatch.setattr(workflow, "_finders", found)
    workflow.registry.cache_clear()
    broker = redis.Redis.from_url(settings.REDIS_URL)
    broker.flushdb()
    yield
    broker.flushdb()
    workflow.registry.cache_clear()


@pytest.fixture
def account() -> Account:
    return Account.objects.create(name="Acme")


@pytest.fixture
def api(account: Account) -> Client:
    issued = tokens.issue(
        account=account, name="all", scopes=[Scope.ADMIN], actor=SYSTEM
    )
    return Client(headers={"Authorization": issued.text})


@pytest.fixture
def pages(account: Account) -> Client:
    user = User.objects.create_user("admin@example.com", "a long passphrase")
    Member.objects.create(account=account, user=user, role=Role.ADMIN)
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def a_value(setting: Setting, entered: Entered, url: str) -> Any:
    """What fits the setting; secret wherever that can be."""
    if setting.kind is Kind.MAP:
        return {"X-Key": entered.one(setting.name)}
    known = {
        "access_key": "AKIAIOSFODNN7EXAMPLE",
        "role_arn": "arn:aws:iam::111111111111:role/Lytics/WriteToKinesis",
        "namespace": "example.servicebus.windows.net",
        "token_url": url,
        "private_key": entered.private_key(),
        "public_key": str(Tsk.generate(user_id=OWNER).extract_certificate()),
    }
    if setting.name in known:
        return known[setting.name]
    if not setting.secret:
        return "plain"
    secret = entered.one(setting.name)
    if setting.name == "connection_string":
        return (
            "Endpoint=sb://example.servicebus.windows.net/;SharedAccessKeyName=send;"
            f"SharedAccessKey={secret}"
        )
    return secret


def test_it_is_nowhere_to_be_found(
    account: Account,
    api: Client,
    pages: Client,
    entered: Entered,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    answers: list[str] = []
    with Inbox(lambda arrival: Reply(400, body=str(arrival.headers).encode())) as inbox:
        enter_authorizations(api, entered, inbox.url, answers)
        use_a_webhook(account, api, entered, inbox.url, answers)
        run_a_job(account, api, pages, entered, answers)
    assert len(entered.secrets) > 8
    for where, text in {
        "an answer": "\n".join([*answers, *api_answers(api)]),
        "a page": "\n".join(rendered(pages, account)),
        "the database": "\n".join(rows()),
        "Redis": kept_in_redis(),
        "a log": caplog.text + "".join(capfd.readouterr()),
    }.items():
        assert len(text) > 50, where
        assert entered.found_in(text) == [], where


def enter_authorizations(
    api: Client, entered: Entered, url: str, answers: list[str]
) -> None:
    """One by each method, each entered wrong, then right, then edited."""
    for at in provider.registry().values():
        for method in at.methods.values():
            config = [
                {"name": each.name, "value": a_value(each, entered, url)}
                for each in method.fields
                if each.name != "passphrase"
            ]
            body = {"provider_id": at.key, "method": method.key, "config": config}
            wrong = [*config, {"name": "nope", "value": entered.one("nope")}]
            refused = sent(api, "post", "/api/auth", {**body, "config": wrong})
            assert json.loads(refused)["status"] == 400
            answers.append(refused)
            made = sent(api, "post", "/api/auth", {**body, "label": method.title})
            answers.append(made)
            assert json.loads(made)["status"] == 201, (method.key, made[:300])
            address = f"/api/auth/{json.loads(made)['data']['id']}"
            answers.append(sent(api, "put", address, {"config": config}))


def use_a_webhook(
    account: Account, api: Client, entered: Entered, url: str, answers: list[str]
) -> None:
    """A receiver that answers with what it was sent."""
    chosen = Authorization.objects.for_account(account).get(method="header")
    segment = make_segment(account, "payers")
    config = {
        "segment_ids": [segment.public_id],
        "webhook_url": url,
        "headers": {"Authorization": f"Bearer {entered.one('header')}"},
    }
    body = {"name": "Hook", "auth_ids": [chosen.public_id], "config": config}
    answers.append(sent(api, "post", "/v2/job/webhook_triggers", body))
    job = Job.objects.for_account(account).get(workflow="webhook_triggers")
    write(account, [moved(segment, "enter")])
    send_all(lookup.driven_by(job))


def run_a_job(
    account: Account, api: Client, pages: Client, entered: Entered, answers: list[str]
) -> None:
    """A job with a secret of its own: refused, started in the wizard, run, edited."""
    chosen = Authorization.objects.for_account(account).get(method="keys")
    wizard = f"/admin/jobs/job/add/aws/count_up/{chosen.public_id}/"
    form = {"label": "Sheep", "config_password": entered.one("password")}
    refused = pages.post(wizard, form)
    assert refused.status_code == 200
    pages.post(wizard, {**form, "config_upto": "3"})
    job = Job.objects.for_account(account).get(workflow="count_up")
    runner.run(job.pk)
    job.refresh_from_db()
    assert job.state == "completed"
    config = {"upto": "x", "password": entered.one("edited")}
    body = {"name": "Sheep", "auth_ids": [chosen.public_id], "config": config}
    address = f"/v2/job/count_up/{job.public_id}"
    answers.append(sent(api, "put", address, body))
    config["upto"] = 4  # type: ignore[assignment]
    answers.append(sent(api, "put", address, body))


def sent(api: Client, verb: str, address: str, body: dict[str, Any]) -> str:
    answer = getattr(api, verb)(address, body, content_type="application/json")
    text: str = answer.content.decode()
    return text


def api_answers(api: Client) -> Iterator[str]:
    for address in (
        "/api/auth",
        "/v2/auth",
        "/v2/auth/api_token",
        "/api/work?showcompleted=true",
        "/v2/job?show_all=true",
        "/v2/job/logs",
        "/api/subscription",
        "/api/workflow",
        "/api/provider",
    ):
        answer = api.get(address)
        assert answer.status_code == 200, address
        yield answer.content.decode()


def rendered(pages: Client, account: Account) -> Iterator[str]:
    addresses = [
        reverse(f"admin:{name}_changelist")
        for name in (
            "authorizations_authorization",
            "jobs_job",
            "subscriptions_subscription",
            "subscriptions_delivery",
            "accounts_auditentry",
        )
    ]
    shown = {
        "authorizations_authorization": Authorization.objects.for_account(account),
        "jobs_job": Job.objects.for_account(account),
        "subscriptions_subscription": lookup.listing(account),
    }
    for name, found in shown.items():
        for row in found:
            for page in (
                "change",
                "history",
                *(["edit"] if name == "jobs_job" else []),
            ):
                addresses.append(reverse(f"admin:{name}_{page}", args=[row.pk]))
    for address in addresses:
        answer = pages.get(address)
        assert answer.status_code == 200, address
        yield answer.content.decode()


def rows() -> Iterator[str]:
    """Every row of every table, and what its binary columns hold."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT * FROM {table}")
            for row in cursor.fetchall():
                for value in row:
                    binary = isinstance(value, bytes | memoryview)
                    yield bytes(value).decode("latin-1") if binary else repr(value)


def kept_in_redis() -> str:
    """Every value of every key, the payloads of tasks decoded, too."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    values: list[bytes] = []
    for key in client.scan_iter():
        kind = client.type(key)
        values.append(key)
        if kind == b"list":
            values += client.lrange(key, 0, -1)
        elif kind == b"hash":
            values += [part for pair in client.hgetall(key).items() for part in pair]
        elif kind == b"set":
            values += client.smembers(key)
        elif kind == b"zset":
            values += client.zrange(key, 0, -1)
        else:
            values.append(client.get(key) or b"")
    texts = [value.decode("latin-1") for value in values]
    bodies = [json.loads(text).get("body", "") for text in texts if '"body"' in text]
    return "\n".join(texts + [base64.b64decode(body).decode() for body in bodies])

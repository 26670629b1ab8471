"""An account with segments and jobs, and files that speak of them."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import dedent

import pytest

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from lyticsapp.as_code import applying, exporting
from lyticsapp.as_code.document import Document
from lyticsapp.as_code.reading import read
from lyticsapp.as_code.writing import write
from lyticsapp.authorizations.models import Authorization
from lyticsapp.jobs import control, lookup, workflow
from lyticsapp.jobs.lookup import Narrowed
from lyticsapp.jobs.models import Job
from lyticsapp.jobs.workflow import Wanted
from segments.definitions.models import Segment
from segments.definitions.upsert import upsert_from_text
from tests.lyticsapp.jobs import workflows

FILE = "acme.yaml"


@pytest.fixture
def account(db):
    return Account.objects.create(name="Acme")


@pytest.fixture
def keys(account):
    """An authorization that the workflow of the tests takes."""
    return Authorization.objects.create(
        account=account, provider="aws", method="keys", label="Our keys"
    )


@pytest.fixture(autouse=True)
def count_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the batch workflow of the tests found beside those of the product."""
    found = {**workflow._finders, "tests": lambda: workflow.in_package(workflows)}
    monkeypatch.setattr(workflow, "_finders", found)
    workflow.registry.cache_clear()
    yield
    workflow.registry.cache_clear()


@pytest.fixture(autouse=True)
def loopback_allowed(settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def filled(account, keys):
    """One segment that includes another, a subscription to both and a paused batch."""
    upsert_from_text(account, '-- Those who pay\nFILTER plan = "pro" ALIAS vip', SYSTEM)
    upsert_from_text(account, "FILTER AND (\n  INCLUDE vip\n) ALIAS all_vips", SYSTEM)
    ids = [
        each.public_id
        for each in Segment.objects.for_account(account).order_by("created_at")
    ]
    triggers = {
        "segment_ids": ids,
        "webhook_url": "http://127.0.0.1:9/",
        "headers": {"X-Shop": "one", "Authorization": "hush-hush"},
    }
    control.create(
        account, Wanted("webhook_triggers", "To the shop", "", None, triggers), SYSTEM
    )
    counting = {"upto": 3, "password": "mum-is-the-word"}
    batch = control.create(
        account, Wanted("count_up", "Count", "Sheep.\nMany.", keys, counting), SYSTEM
    )
    control.pause(batch, SYSTEM)
    return account


def document(text: str, **environment: str) -> Document:
    return read(dedent(text).encode(), FILE, environment)


def exported(account: Account) -> str:
    return write(exporting.export(account))


def applied(
    account: Account, wanted: Document | str, *, silent: bool = False
) -> list[str]:
    """Apply, and tell what was said of it."""
    if isinstance(wanted, str):
        wanted = document(wanted)
    said: list[str] = []
    shown = applying.plan(account, wanted)
    applying.apply(account, wanted, shown, SYSTEM, silent=silent, say=said.append)
    return said


def jobs_of(account: Account) -> dict[str, Job]:
    """The jobs there are, by label."""
    found = lookup.listing(account, Narrowed(completed=True))
    return {job.label: job for job in found}

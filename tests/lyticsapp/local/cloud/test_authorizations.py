"""`up --local-cloud` has authorizations for its stand-ins ready."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, AuditEntry
from lyticsapp.authorizations import lifecycle, lookup
from lyticsapp.authorizations.credentials import credentials_of
from lyticsapp.local import credentials
from lyticsapp.local.cloud import authorizations
from lyticsapp.local.cloud.stand_ins import StandIns
from lyticsapp.local.home import Home

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(tmp_path, settings):
    # What is put in their place is undone with them.
    settings.AZURE_ENDPOINTS, settings.WEBHOOK_ALLOWED_NETWORKS = [], []
    made = Home(path=tmp_path / "home")
    made.path.mkdir()
    return made


@pytest.fixture
def account():
    return Account.objects.create(name="Acme")


def ensured(stand_ins):
    ids = authorizations.ensure(stand_ins)
    credentials.write(stand_ins.home, first=None, addresses=stand_ins.secrets | ids)
    return ids


def test_one_of_each_stand_in_is_made_once(home, account):
    stand_ins = StandIns.choose(home)
    ids = ensured(stand_ins)
    assert ensured(stand_ins) == ids
    aws = lookup.get(account, ids["aws_authorization_id"])
    assert credentials_of(aws).settings == {
        "access_key": stand_ins.aws_keys.access_key_id,
        "secret_key": stand_ins.aws_keys.secret_access_key,
    }
    azure = lookup.get(account, ids["azure_authorization_id"])
    assert azure.found["azure_namespace"] == f"127.0.0.1:{stand_ins.hubs_port}"
    assert AuditEntry.objects.for_account(account).count() == 2
    kept = json.loads(home.credentials_file.read_text())
    assert {name: kept[name] for name in ids} == ids


def test_it_follows_a_stand_in_to_another_port(home, account):
    stand_ins = StandIns.choose(home)
    ids = ensured(stand_ins)
    moved = replace(stand_ins, hubs_port=stand_ins.hubs_port + 1)
    assert ensured(moved) == ids
    azure = lookup.get(account, ids["azure_authorization_id"])
    assert azure.found["azure_namespace"] == f"127.0.0.1:{moved.hubs_port}"


def test_one_that_was_deleted_is_made_anew(home, account):
    stand_ins = StandIns.choose(home)
    former = ensured(stand_ins)
    lifecycle.delete(lookup.get(account, former["aws_authorization_id"]), SYSTEM)
    ids = ensured(stand_ins)
    assert ids["aws_authorization_id"] != former["aws_authorization_id"]
    assert (
        json.loads(home.credentials_file.read_text())["aws_authorization_id"]
        == (ids["aws_authorization_id"])
    )


def test_without_an_account_there_is_none(home):
    assert authorizations.ensure(StandIns.choose(home)) == {}

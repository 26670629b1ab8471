"""Keys rotate while everything runs: nothing is lost, and it says when it is done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from threading import Barrier, Event

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, connections

from lyticsapp.accounts.models import Account
from lyticsapp.authorizations import rotation
from lyticsapp.authorizations.encryption import EncryptedJSONField, is_newest, renewed
from lyticsapp.authorizations.models import Authorization
from lyticsapp.jobs.models import Job

SECRETS = next(
    column
    for column in rotation.columns()
    if str(column) == "authorizations_authorization.secrets"
)


@pytest.fixture
def keys():
    return [Fernet.generate_key().decode() for _ in range(3)]


@pytest.fixture
def rows(settings, keys):
    """Authorizations whose secrets are encrypted with a key that is to go."""
    settings.ENCRYPTION_KEYS = [keys[0]]
    account = Account.objects.create(name="Acme")
    made = [
        Authorization.objects.create(
            account=account, provider="aws", method="keys", label=str(number),
            secrets={"n": number},
        )
        for number in range(7)
    ]  # fmt: skip
    settings.ENCRYPTION_KEYS = [keys[1], keys[0]]
    return made


def token_of(row):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT secrets FROM authorizations_authorization WHERE id = %s", [row.pk]
        )
        return bytes(cursor.fetchone()[0])


def run():
    said = StringIO()
    call_command("rotate_keys", stdout=said)
    return said.getvalue()


def test_every_encrypted_field_of_the_product_is_found():
    declared = {
        f"{model._meta.db_table}.{field.column}"
        for model in apps.get_models()
        for field in model._meta.fields
        if isinstance(field, EncryptedJSONField)
    }
    assert {str(column) for column in rotation.columns()} == declared
    assert {
        "authorizations_authorization.secrets",
        "jobs_job.secrets",
        "subscriptions_subscription.secrets",
    } <= declared


@pytest.mark.django_db
def test_all_is_read_with_the_new_key_alone_afterwards(
    rows, settings, keys, monkeypatch
):
    monkeypatch.setattr(rotation, "CHUNK_ROWS", 3)
    Job.objects.create(
        account=rows[0].account, workflow="x", label="x", secrets={"of": "a job"}
    )
    said = run()
    assert "authorizations_authorization.secrets: 3 of 7 looked at" in said
    assert "7 of 7 looked at, 7 encrypted anew" in said
    assert "can be removed" in said
    settings.ENCRYPTION_KEYS = [keys[1]]
    kept = Authorization.objects.for_account(rows[0].account).order_by("pk")
    assert [row.secrets for row in kept] == [{"n": number} for number in range(7)]
    assert Job.across_accounts.get().secrets is not None


@pytest.mark.django_db
def test_a_second_run_has_nothing_to_do(rows):
    run()
    before = [token_of(row) for row in rows]
    assert "7 of 7 looked at, 0 encrypted anew" in run()
    assert [token_of(row) for row in rows] == before


@pytest.mark.django_db
def test_what_no_key_reads_is_left_and_told(rows, settings, keys):
    settings.ENCRYPTION_KEYS = [keys[2], keys[1]]
    before = token_of(rows[0])
    with pytest.raises(CommandError, match="7 secrets can be read with none"):
        run()
    assert token_of(rows[0]) == before


@pytest.mark.django_db
def test_a_save_that_comes_between_is_kept(rows):
    before = token_of(rows[0])
    rows[0].secrets = {"n": "newer"}
    rows[0].save()
    assert not rotation.swap(SECRETS, rows[0].pk, before, renewed(before))
    rows[0].refresh_from_db()
    assert rows[0].secrets == {"n": "newer"}


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_while_others_write(rows, settings, keys):
    """Each writer has a row of its own, and finds in it what it has just saved."""
    start, over = Barrier(4), Event()

    def write(row):
        start.wait(10)
        number, lost = 0, 0
        while not over.is_set():
            number += 1
            row.secrets = {"n": number}
            row.save(update_fields=["secrets"])
            row.refresh_from_db(fields=["secrets"])
            lost += row.secrets != {"n": number}
        connections.close_all()
        return number, lost

    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(write, row) for row in rows[:3]]
        start.wait(10)
        try:
            for turn in range(30):
                settings.ENCRYPTION_KEYS = [keys[turn % 2], keys[(turn + 1) % 2]]
                for _ in rotation.rotate(SECRETS):
                    pass
        finally:
            over.set()
        ended = [writer.result(10) for writer in writers]
    assert min(number for number, _ in ended) > 3
    assert [lost for _, lost in ended] == [0, 0, 0]
    run()
    assert all(is_newest(token_of(row)) for row in rows)

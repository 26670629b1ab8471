"""The statements of delivery cost the same however much is queued."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from subscriptions import (
    claim,
    deliverer_lock,
    figures,
    ledger,
    message_id,
    outbox,
    partitions,
    retirement,
    retry,
    selection,
    sql,
)
from subscriptions.models import Delivery
from subscriptions.outcome import Delivered, Outcome
from subscriptions.selection import Selection
from tests.subscriptions.making import make_subscription

QUEUED = 20_000
_QUEUE = """
INSERT INTO subscriptions_delivery
       (account_id, subscription_id, profile_id, message_id, cause, payload, state,
        attempts, next_attempt_at, created_at)
SELECT %s, %s, (n * 7919) %% 5000, gen_random_uuid(), 'event', '{}', 'pending', 0,
       now() - interval '1 hour', now()
FROM generate_series(1, %s) n
"""
PARTITIONS = 8
_SPREAD = """
UPDATE subscriptions_delivery d SET id = placed.number / %(in_each)s * %(span)s + d.id
FROM (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS number FROM subscriptions_delivery
) placed
WHERE d.id = placed.id
"""


@pytest.fixture
def queue(account, segment):
    subscription = make_subscription(account, [segment])
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE, (account.pk, subscription.id, QUEUED))
        cursor.execute("ANALYZE subscriptions_delivery")
    return subscription


@pytest.fixture
def forgotten_queue(account, segment):
    """A queue that the planner has seen empty last."""
    subscription = make_subscription(account, [segment])
    with connection.cursor() as cursor:
        with transaction.atomic():
            cursor.execute(_QUEUE, (account.pk, subscription.id, QUEUED))
            transaction.set_rollback(True)
        cursor.execute("ANALYZE subscriptions_delivery")
        cursor.execute(_QUEUE, (account.pk, subscription.id, QUEUED))
    return subscription


@pytest.fixture
def spread_queue(account, segment, monkeypatch):
    """A queue that lies in many partitions, of each user in one or two."""
    # An autovacuum, if there is one just now, gives way after a second.
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT", "30s")
    subscription = make_subscription(account, [segment])
    with connection.cursor() as cursor:
        partitions._make_until(PARTITIONS * partitions.SPAN - 1)
        cursor.execute(_QUEUE, (account.pk, subscription.id, QUEUED))
        each = {"in_each": QUEUED // PARTITIONS, "span": partitions.SPAN}
        cursor.execute(_SPREAD, each)
        cursor.execute("ANALYZE subscriptions_delivery")
    return subscription


def rows_read(node):
    """The rows that each node read of deliveries, with how it read them."""
    if re.fullmatch(r"subscriptions_delivery(_\d+)?", node.get("Relation Name", "")):
        read = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        if read:
            yield node["Node Type"], read * node["Actual Loops"]
    for inner in node.get("Plans", ()):
        yield from rows_read(inner)


def read_by(statement, values):
    explain = "EXPLAIN (ANALYZE, FORMAT JSON) "
    ((plan,),) = sql.rows(explain + statement, values)
    return list(rows_read(plan[0]["Plan"]))


def settle(taken):
    outcome = Outcome(Delivered(), timezone.now(), 1, 200)
    decision = retry.decide(outcome.verdict, 0)
    claim.settle([claim.Result(each, outcome, decision) for each in taken])


def to_claim(queue, since=claim.EVER):
    now = timezone.now()
    return {
        "subscription": queue.id,
        "delivering": claim.DELIVERING,
        "since": since,
        "now": now,
        "until": now + timedelta(seconds=30),
        "down": 5,
        "most": 64,
    }


def read_by_claim(queue):
    with deliverer_lock.alone(queue.id):
        return read_by(claim._CLAIM, to_claim(queue))


def test_a_claim_reads_no_more_than_it_takes(queue):
    read = read_by_claim(queue)
    assert read
    assert all("Seq" not in kind for kind, _ in read)
    assert sum(rows for _, rows in read) < 6 * 64


_ONE_BY_ONE = """
UPDATE subscriptions_delivery SET next_attempt_at = next_attempt_at + id * interval '1 ms'
"""


def test_a_claim_passes_over_what_was_sent_while_a_transaction_lasts(queue):
    """The test's own transaction keeps all that it sends in the indexes."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE_BY_ONE)
    with deliverer_lock.alone(queue.id):
        since = claim.claim(queue.id, 64).reached
        at_first = blocks_read_by_claim(queue, since)
        for _ in range(50):
            found = claim.claim(queue.id, 64, since)
            settle(found.taken)
            since = found.reached
        assert blocks_read_by_claim(queue, since) < 1.2 * at_first
        assert blocks_read_by_claim(queue, claim.EVER) > 2 * at_first


def blocks_read_by_claim(queue, since):
    explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
    with transaction.atomic():
        ((plan,),) = sql.rows(explain + claim._CLAIM, to_claim(queue, since))
        transaction.set_rollback(True)
    return plan[0]["Plan"]["Shared Hit Blocks"]


def test_a_claim_from_a_forgotten_queue_reads_no_more(forgotten_queue):
    test_a_claim_reads_no_more_than_it_takes(forgotten_queue)


_FETCHED = """
SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables
WHERE relname ~ '^subscriptions_delivery_[0-9]+$'
"""


def fetched():
    return sql.rows(_FETCHED, ())[0][0]


def test_work_on_a_queue_that_was_empty_a_moment_ago_reads_little(account, segment):
    subscription = make_subscription(account, [segment])

    def work():
        with deliverer_lock.alone(subscription.id):
            taken = claim.claim(subscription.id, 64).taken
            settle(taken)
        return len(taken)

    for _ in range(7):
        assert work() == 0
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE, (account.pk, subscription.id, QUEUED))
    before = fetched()
    assert work() == 64
    assert fetched() - before < 10 * 64


def read_by_looking_for_what_is_due():
    values = {
        "subscription": None,
        "delivering": claim.DELIVERING,
        "now": timezone.now(),
    }
    return read_by(claim._IS_DUE, values)


def test_looking_for_what_is_due_reads_one_row_of_each(queue):
    assert sum(rows for _, rows in read_by_looking_for_what_is_due()) < 2  # rounded, so


def read_by_settling(queue, monkeypatch):
    plans = []
    original = sql.rows

    def explained(query, params):
        ((plan,),) = original("EXPLAIN (ANALYZE, FORMAT JSON) " + query, params)
        plans.append(plan[0]["Plan"])
        return [(0,)]

    with deliverer_lock.alone(queue.id):
        taken = claim.claim(queue.id, 10).taken
        with monkeypatch.context() as patched:
            patched.setattr(sql, "rows", explained)
            settle(taken)
    return list(rows_read(plans[0]))


def test_writing_down_reads_no_more_than_it_writes(queue, monkeypatch):
    read = read_by_settling(queue, monkeypatch)
    assert read
    assert all("Seq" not in kind for kind, _ in read)
    assert sum(rows for _, rows in read) < 10 * 10


def test_writing_down_reads_little_of_a_forgotten_queue(forgotten_queue, monkeypatch):
    read = read_by_settling(forgotten_queue, monkeypatch)
    assert read
    assert sum(rows for _, rows in read) < 3 * 10 * 10


def test_it_stays_so_with_many_subscriptions(queue, account, segment):
    for _ in range(60):
        make_subscription(account, [segment])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    test_looking_for_what_is_due_reads_one_row_of_each(queue)


_ENDED = """
UPDATE subscriptions_delivery
SET state = CASE WHEN id %% 1000 = 0 THEN 'dead' ELSE 'delivered' END, ended_at = now()
WHERE subscription_id = %s
"""


@pytest.mark.parametrize(
    ("wanted", "most"),
    [
        (Selection(), 50),
        (Selection(state="delivered"), 60),
        (Selection(state="dead"), 50),
        (Selection(profile_id=7), 50),
    ],
    ids=["all", "delivered", "dead", "of a profile"],
)
def test_a_page_of_deliveries_reads_little_more_than_it_shows(queue, wanted, most):
    with connection.cursor() as cursor:
        cursor.execute(_ENDED, (queue.id,))
        cursor.execute("ANALYZE")
    page = selection.deliveries(queue.account_id, wanted).order_by("-pk")[:50]
    plan = json.loads(page.explain(analyze=True, format="json"))
    read = list(rows_read(plan[0]["Plan"]))
    assert all("Seq" not in kind for kind, _ in read)
    assert sum(rows for _, rows in read) <= most


@pytest.mark.parametrize("replayed", [False, True])
def test_a_message_is_found_by_its_id_at_once(queue, replayed):
    rows = Delivery.across_accounts.filter(subscription=queue)
    first = rows.order_by("pk")[QUEUED // 2]
    first.message_id = message_id.new(first.pk)
    first.save()
    if replayed:
        again = rows.latest("pk")
        rows.filter(pk=again.pk).update(message_id=first.message_id, replay=1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    found = selection.deliveries(
        queue.account_id, Selection(message_id=str(first.message_id))
    )
    assert found.count() == 1 + replayed
    plan = json.loads(found.explain(analyze=True, format="json"))
    assert sum(rows for _, rows in rows_read(plan[0]["Plan"])) <= 2


def test_what_waits_is_found_among_all_that_was_sent(queue, account, segment):
    with connection.cursor() as cursor:
        cursor.execute(_ENDED, (queue.id,))
        cursor.execute(_QUEUE, (account.pk, queue.id, 20))
        cursor.execute("ANALYZE")
    plan = json.loads(figures.waiting(queue).explain(analyze=True, format="json"))
    read = list(rows_read(plan[0]["Plan"]))
    assert all("Seq" not in kind for kind, _ in read)
    assert sum(rows for _, rows in read) <= 40


def test_the_ledger_reads_the_profiles_it_shows(queue):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    values = {"subscription": queue.id, "after": 0, "most": 51}
    read = read_by(ledger._NEXT_PROFILES, values)
    assert all("Seq" not in kind for kind, _ in read)
    assert sum(rows for _, rows in read) < 51 * 6  # four messages of each


@pytest.mark.parametrize("plan", ["force_custom_plan", "force_generic_plan"])
class TestInManyPartitions:
    """The first row of each is read to find the very first: these are few."""

    @pytest.fixture(autouse=True)
    def of_a_kind(self, spread_queue, plan):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('plan_cache_mode', %s, true)", [plan])

    def test_a_claim_reads_little_more_than_it_takes(self, spread_queue):
        read = read_by_claim(spread_queue)
        assert all("Seq" not in kind for kind, _ in read)
        assert sum(rows for _, rows in read) < (6 + PARTITIONS) * 64

    def test_looking_for_what_is_due_reads_one_row_of_each(self, spread_queue):
        read = read_by_looking_for_what_is_due()
        assert sum(rows for _, rows in read) < 2 * PARTITIONS

    def test_writing_down_reads_little_more_than_it_writes(
        self, spread_queue, monkeypatch
    ):
        read = read_by_settling(spread_queue, monkeypatch)
        assert all("Seq" not in kind for kind, _ in read)
        assert sum(rows for _, rows in read) < (10 + PARTITIONS) * 10

    def test_the_ledger_reads_the_profiles_it_shows(self, spread_queue):
        values = {"subscription": spread_queue.id, "after": 0, "most": 51}
        read = read_by(ledger._NEXT_PROFILES, values)
        assert all("Seq" not in kind for kind, _ in read)
        assert sum(rows for _, rows in read) < 51 * 6 + PARTITIONS

    def test_a_merge_reads_the_messages_of_the_merged(self, spread_queue):
        values = {
            "merged": [7, 8],
            "survivors": [9, 9],
            "subscriptions": [spread_queue.id],
        }
        read = read_by(outbox._REKEY, values)
        assert all("Seq" not in kind for kind, _ in read)
        assert sum(rows for _, rows in read) <= 3 * 2 * 4  # four messages of each

    def test_a_partition_is_seen_to_be_in_use_at_once(self, spread_queue):
        span = partitions.SPAN
        values = {"begin": span, "end": 2 * span, "before": timezone.now()}
        assert sum(rows for _, rows in read_by(retirement._IN_USE, values)) <= 2

    def test_so_it_is_where_all_has_ended(self, spread_queue):
        with connection.cursor() as cursor:
            cursor.execute(_ENDED, (spread_queue.id,))
        span = partitions.SPAN
        values = {"begin": span, "end": 2 * span, "before": timezone.now()}
        read = read_by(retirement._IN_USE, values)
        assert all("Seq" not in kind for kind, _ in read)

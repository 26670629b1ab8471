"""The pages of deliveries: narrowing the list, sending again, and the file of lines."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Member, Role, User
from segments.profiles.models import Identity, Profile
from subscriptions import lifecycle, reconcile, replay, skip
from subscriptions.models import Backlog, Delivery, Replay
from tests.subscriptions.inbox import Reply
from tests.subscriptions.making import (
    deliveries,
    make_segment,
    make_subscription,
    moved,
    send_all,
    write,
)

pytestmark = pytest.mark.django_db

LIST = "/admin/subscriptions/delivery/"


@pytest.fixture
def browser_of(account):
    def log_in(role):
        user = User.objects.create_user(f"{role}@example.com", "a password")
        Member.objects.create(account=account, user=user, role=role)
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return log_in


@pytest.fixture
def editor(browser_of):
    return browser_of(Role.EDITOR)


@pytest.fixture
def ada(account):
    now = timezone.now()
    profile = Profile.objects.create(account=account, created_at=now, modified_at=now)
    Identity.objects.create(
        account=account, field="email", value="ada@example.com", profile=profile
    )
    return profile


@pytest.fixture
def sent(account, segment, inbox, ada):
    """Ada's message arrived, that of another segment's user was refused."""
    other = make_segment(account, "other")
    inbox.answer = lambda a: Reply(200 if a.json["data"]["user_id"] == "ada" else 400)
    subscription = make_subscription(account, [segment, other], inbox.url)
    write(
        account,
        [moved(segment, "enter", ada.pk, user_id="ada"), moved(other, "enter", 9999)],
    )
    send_all(subscription)
    return subscription


def shown(client, **query):
    response = client.get(LIST, query)
    assert response.status_code == 200
    return [each.profile_id for each in response.context["cl"].result_list]


def test_the_list_is_narrowed(editor, sent, ada, segment):
    first, second = deliveries(sent)
    both = [second.profile_id, ada.pk]
    assert shown(editor) == both
    for query, found in [
        ({"state": "dead"}, [9999]),
        ({"outcome": "omitted"}, [9999]),
        ({"outcome": "delivered"}, [ada.pk]),
        ({"segment": segment.public_id}, [ada.pk]),
        ({"subscription": sent.public_id}, both),
        ({"since": "now-1h"}, both),
        ({"until": "now-1h"}, []),
        ({"since": "2020-01-01T10:00:00Z"}, both),
        ({"cause": "replay"}, []),
        ({"q": "ada@example.com"}, [ada.pk]),
        ({"q": str(first.message_id)}, [ada.pk]),
        ({"q": "nobody@example.com"}, []),
        ({"state": "no such state"}, []),
        ({"subscription": "no such subscription"}, []),
    ]:
        assert shown(editor, **query) == found, query
    Delivery.objects.for_account(sent.account).filter(pk=first.pk).update(
        created_at=timezone.now() - timedelta(days=2)
    )
    assert shown(editor, since="now-1d") == [9999]


def test_a_message_of_before_its_id_held_a_number_is_found(editor, sent):
    first, _ = deliveries(sent)
    old = uuid4()
    rows = Delivery.objects.for_account(sent.account).filter(pk=first.pk)
    rows.update(message_id=old)
    assert shown(editor, q=str(old)) == [first.profile_id]
    assert shown(editor, q=str(first.message_id)) == []


def test_a_list_asks_as_many_questions_however_long(editor, sent, account, segment):
    with CaptureQueriesContext(
        connection,
    ) as few:
        shown(editor)
    write(account, [moved(segment, "enter") for _ in range(30)])
    with CaptureQueriesContext(connection) as many:
        shown(editor)
    assert len(many) == len(few)


def test_a_list_of_subscriptions_asks_as_many_questions_however_long(
    editor, sent, account, segment
):
    def look():
        with CaptureQueriesContext(connection) as asked:
            page = editor.get("/admin/subscriptions/subscription/")
        return len(asked), [each.waiting for each in page.context["cl"].result_list]

    asked, waiting = look()
    assert waiting == [0]
    for _ in range(5):
        make_subscription(account, [segment])
    write(account, [moved(segment, "enter"), moved(segment, "enter")])
    assert look() == (asked, [2] * 6)


def test_its_charts_are_of_a_day_or_a_week(editor, sent):
    url = f"/admin/subscriptions/subscription/{sent.pk}/change/"
    day, week = editor.get(url), editor.get(url, {"hours": 168})
    assert "The last 24 hours" in day.content.decode()
    assert "The last 7 days" in week.content.decode()
    for page, hours in ((day, 24), (week, 168)):
        rate, failures, *_ = page.context["charts"]
        assert len(rate.points) == hours
        assert rate.summary == "1 delivered, at most 1 in one hour"
        assert failures.summary == "Failed tries: 1. Given up: 1."


def test_all_that_the_list_shows_is_sent_again(editor, sent, inbox):
    inbox.answer = lambda _: Reply()
    page = editor.get(LIST, {"state": "dead"})
    (url,) = [b.url for b in page.context["buttons"] if b.label == "Send all again"]
    asked = editor.get(url)
    assert "1 message</strong>" in asked.content.decode()
    begun = editor.post(url, {"per_second": 50})
    row = Replay.objects.for_account(sent.account).get()
    assert begun.url == reverse("admin:subscriptions_replay_change", args=[row.pk])
    assert row.per_second == 50
    replay.work(row.pk)
    send_all(sent)
    assert [a.json["meta"]["cause"] for a in inbox.arrivals].count("replay") == 1
    copy = deliveries(sent)[-1]
    assert begun.url in editor.get(f"{LIST}{copy.pk}/change/").content.decode()
    told = editor.get(begun.url).content.decode()
    assert "1 of 1 sent again (100 %)" in told
    assert "<dt>State</dt><dd>Dead</dd>" in told


def test_chosen_ones_are_sent_again(editor, sent):
    first, _ = deliveries(sent)
    response = editor.post(
        LIST, {"action": "replay_chosen", "_selected_action": [first.pk]}
    )
    assert response.url.endswith(f"/replay/?ids={first.pk}")
    assert "1 message</strong>" in editor.get(response.url).content.decode()


def test_a_rate_that_cannot_be_is_told_at_its_field(editor, sent):
    page = editor.post(f"{LIST}replay/", {"per_second": 0}).content.decode()
    assert "greater than or equal to 1" in page
    assert not Replay.objects.for_account(sent.account).exists()


def test_nothing_to_send_again_says_so(editor, sent):
    page = editor.get(f"{LIST}replay/", {"state": "pending"}).content.decode()
    assert "No message can be sent again" in page
    assert editor.get(f"{LIST}replay/", {"segment": "none"}).status_code == 404


def test_a_replay_is_cancelled(editor, sent):
    begun = replay_of(editor, sent)
    url = reverse("admin:subscriptions_replay_cancel", args=[begun.pk])
    assert "No more messages are written." in editor.get(url).content.decode()
    editor.post(url)
    begun.refresh_from_db()
    assert begun.is_cancelled
    page = reverse("admin:subscriptions_replay_change", args=[begun.pk])
    assert "Cancelled" in editor.get(page).content.decode()


def replay_of(client, sent):
    client.post(f"{LIST}replay/", {"per_second": 1})
    return Replay.objects.for_account(sent.account).get()


def test_a_viewer_sends_nothing_again(browser_of, editor, sent):
    begun = replay_of(editor, sent)
    viewer = browser_of(Role.VIEWER)
    page = viewer.get(LIST)
    assert [b.label for b in page.context["buttons"]] == ["JSON lines"]
    assert viewer.get(f"{LIST}replay/").status_code == 403
    assert viewer.post(f"{LIST}replay/", {"per_second": 1}).status_code == 403
    url = reverse("admin:subscriptions_replay_cancel", args=[begun.pk])
    assert viewer.post(url).status_code == 403
    first, _ = deliveries(sent)
    own = viewer.get(f"{LIST}{first.pk}/change/")
    assert "Send again" not in own.content.decode()


def test_dead_letters_come_as_lines(editor, sent, monkeypatch):
    response = editor.get(f"{LIST}lines/", {"state": "dead"})
    (line,) = response.getvalue().splitlines()
    letter = json.loads(line)
    _, dead = deliveries(sent)
    assert letter["sequence"] == dead.pk
    assert letter["message"] == dead.payload
    assert letter["last_try"]["status_code"] == 400
    assert (letter["state"], letter["outcome"]) == ("dead", "omitted")


def test_lines_are_read_a_chunk_at_a_time(editor, account, segment, sent, monkeypatch):
    monkeypatch.setattr("subscriptions.delivery_lines.CHUNK", 3)
    write(account, [moved(segment, "enter") for _ in range(7)])
    lines = list(editor.get(f"{LIST}lines/").streaming_content)
    numbers = [json.loads(line)["sequence"] for line in lines]
    assert numbers == [each.pk for each in deliveries(sent)]


def test_what_others_sent_is_not_among_them(editor, stranger, sent, inbox):
    theirs = make_segment(stranger)
    subscription = make_subscription(stranger, [theirs], inbox.url)
    write(stranger, [moved(theirs, "enter")])
    (own,) = deliveries(subscription)
    lines = editor.get(f"{LIST}lines/").getvalue().splitlines()
    assert len(lines) == 2
    for query in ({"ids": own.pk}, {"message": own.message_id}):
        assert editor.get(f"{LIST}lines/", query).getvalue() == b""
    hidden = {"subscription": subscription.public_id}
    assert editor.get(f"{LIST}lines/", hidden).status_code == 404


class TestSendingATest:
    def page_of(self, subscription):
        return f"/admin/subscriptions/subscription/{subscription.pk}/test/"

    def test_it_shows_the_message_then_what_came_of_it(self, editor, sent, inbox):
        inbox.answer = lambda _: Reply(500, body=b"out of order")
        before = len(inbox.arrivals)
        shown = editor.get(self.page_of(sent)).content.decode()
        assert "test-user@example.com" in shown
        assert len(inbox.arrivals) == before
        told = editor.post(self.page_of(sent)).content.decode()
        assert "Status 500" in told
        assert "out of order" in told
        assert len(inbox.arrivals) == before + 1

    def test_its_job_leads_there_for_who_may_edit(self, editor, browser_of, sent):
        link = f'href="{self.page_of(sent)}"'
        for client, offered in ((editor, True), (browser_of(Role.VIEWER), False)):
            for page in (
                f"/admin/jobs/job/{sent.job_id}/change/",
                f"/admin/subscriptions/subscription/{sent.pk}/change/",
            ):
                assert (link in client.get(page).content.decode()) is offered


class TestTheLedger:
    @pytest.fixture
    def page(self, sent):
        return f"/admin/subscriptions/subscription/{sent.pk}/"

    def test_it_shows_what_was_told_beside_what_is(self, editor, page, ada):
        shown = editor.get(f"{page}ledger/").context["lines"]
        (line,) = shown  # the other's profile is not there
        assert (line.profile, line.entry.event, line.is_member) == (ada, "enter", False)
        found = editor.get(f"{page}ledger/", {"q": "ada@example.com"})
        assert found.context["lines"] == shown
        none = editor.get(f"{page}ledger/", {"q": "bob"}).content.decode()
        assert "Nothing found" in none

    def test_it_comes_page_by_page(self, editor, page, account, segment, monkeypatch):
        monkeypatch.setattr("subscriptions.admin.ledger_page.PROFILES_PER_PAGE", 2)
        now = timezone.now()
        many = [
            Profile.objects.create(account=account, created_at=now, modified_at=now)
            for _ in range(4)
        ]
        write(account, [moved(segment, "enter", each.pk) for each in many])
        seen, after = [], ""
        while after is not None:
            context = editor.get(f"{page}ledger/", {"after": after}).context
            seen += [line.profile for line in context["lines"]]
            after = context["next_after"]
        assert seen[-4:] == many
        assert len(seen) == 5

    def test_it_asks_as_many_questions_however_long(
        self, editor, page, account, segment
    ):
        with CaptureQueriesContext(connection) as few:
            editor.get(f"{page}ledger/")
        now = timezone.now()
        for _ in range(10):
            each = Profile.objects.create(
                account=account, created_at=now, modified_at=now
            )
            write(account, [moved(segment, "enter", each.pk)])
        with CaptureQueriesContext(connection) as many:
            assert len(editor.get(f"{page}ledger/").context["lines"]) == 11
        assert len(many) == len(few)

    def test_corrections_are_counted_then_sent(self, editor, page, sent):
        editor.post(f"{page}compare/")
        reconcile.work(sent.pk)
        told = editor.get(f"{page}ledger_live/").content.decode()
        assert "<strong>0 enters</strong> and <strong>1 exit</strong>" in told
        asked = editor.get(f"{page}correct/").content.decode()
        assert "0 enters and 1 exits" in asked
        after = editor.post(f"{page}correct/")
        assert after.url == f"{page}ledger/"
        reconcile.work(sent.pk)
        told = editor.get(f"{page}ledger_live/").content.decode()
        assert "a message was written for 1 user." in told
        assert deliveries(sent)[-1].cause == "reconcile"

    def test_a_viewer_sees_it_and_corrects_nothing(self, browser_of, page):
        viewer = browser_of(Role.VIEWER)
        shown = viewer.get(f"{page}ledger/").content.decode()
        assert "ada@example.com" in shown
        assert f'href="{page}compare/"' not in shown
        for name in ("compare", "correct", "cancel_compare"):
            assert viewer.post(f"{page}{name}/").status_code == 403


class TestResuming:
    @pytest.fixture
    def paused(self, account, segment, sent):
        lifecycle.pause(sent, SYSTEM)
        write(account, [moved(segment, "enter", 7), moved(segment, "exit", 7)])
        return sent

    def test_people_choose_what_is_sent(self, editor, paused):
        url = f"/admin/subscriptions/subscription/{paused.pk}/resume/"
        asked = editor.get(url).content.decode()
        assert "2 messages</strong> wait to be sent" in asked
        editor.post(url, {"mode": "latest"})
        own = f"/admin/subscriptions/subscription/{paused.pk}/live/"
        assert "messages are skipped: 0 so far" in editor.get(own).content.decode()
        skip.work(paused.pk)
        *_, skipped, left = deliveries(paused)
        assert (skipped.state, left.state) == ("skipped", "pending")
        page = editor.get(f"{LIST}{skipped.pk}/change/").content.decode()
        assert skip.REASONS[Backlog.LATEST] in page

    def test_without_a_choice_it_asks_again(self, editor, paused):
        url = f"/admin/subscriptions/subscription/{paused.pk}/resume/"
        assert editor.post(url, {"mode": "?"}).status_code == 200
        assert skip.of(paused) is None

    def test_its_job_asks_the_same(self, editor, paused):
        response = editor.get(f"/admin/jobs/job/{paused.job_id}/resume/")
        assert response.url == f"/admin/subscriptions/subscription/{paused.pk}/resume/"

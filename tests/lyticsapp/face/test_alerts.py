"""The pages of alerts, and the page where a segment's sizes are set."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from lyticsapp.alerts.models import Alert
from segments.membership.models import SizeAlert
from tests.lyticsapp.face.rows import ROWS

LIST = "admin:alerts_alert_changelist"


@pytest.fixture
def alert(account):
    return ROWS["alerts.alert"](account, "own")


@pytest.fixture
def over(account):
    alert = ROWS["alerts.alert"](account, "past")
    Alert.objects.for_account(account).filter(pk=alert.pk).update(
        cleared_at=timezone.now()
    )
    return alert


def acknowledge(client, alert):
    url = reverse("admin:alerts_alert_acknowledge", args=[alert.pk])
    return client.post(url, follow=True)


def test_the_list_is_filtered_by_state_and_kind(alert, over, viewer):
    def listed(**query):
        page = viewer.get(reverse(LIST), query).content.decode()
        return "own alert" in page, "past alert" in page

    assert listed() == (True, True)
    assert listed(state="open") == (True, False)
    assert listed(state="over") == (False, True)
    assert listed(kind="segment_size") == (True, True)
    assert listed(q="past") == (False, True)


def test_the_home_page_and_the_menu_tell_of_open_ones(alert, over, viewer):
    page = viewer.get(reverse("admin:index")).content.decode()
    assert "own alert" in page
    assert "past alert" not in page
    assert '<span class="f-count">1<' in page


def test_the_home_page_is_quiet_where_there_is_none(over, viewer):
    page = viewer.get(reverse("admin:index")).content.decode()
    assert "No open alerts." in page
    assert "f-count" not in page


def test_an_editor_acknowledges(alert, editor):
    page = acknowledge(editor, alert).content.decode()
    assert "Acknowledged." in page
    alert.refresh_from_db()
    assert alert.acknowledged_by.email.startswith("editor")
    again = acknowledge(editor, alert).content.decode()
    assert "It was acknowledged or over already." in again


def test_a_viewer_does_not(alert, viewer):
    assert acknowledge(viewer, alert).status_code == 403
    alert.refresh_from_db()
    assert alert.acknowledged_at is None


class TestSizes:
    @pytest.fixture
    def segment(self, account):
        return ROWS["definitions.segment"](account, "own")

    @pytest.fixture
    def url(self, segment):
        return reverse("admin:definitions_segment_size-alert", args=[segment.pk])

    def kept(self, segment):
        rows = SizeAlert.objects.for_account(segment.account_id)
        return rows.values_list("least", "greatest").first()

    def test_they_are_set_and_taken_back(self, segment, url, editor):
        editor.post(url, {"least": "5", "greatest": ""})
        assert self.kept(segment) == (5, None)
        assert 'value="5"' in editor.get(url).content.decode()
        editor.post(url, {"least": "", "greatest": ""})
        assert self.kept(segment) is None

    @pytest.mark.parametrize(
        ("least", "greatest", "told"),
        [
            ("5", "4", "smaller than the least size"),
            ("0", "", "greater than or equal to 1"),
            ("many", "", "Enter a whole number"),
        ],
    )
    def test_what_no_size_can_keep_is_refused(
        self, segment, url, editor, least, greatest, told
    ):
        page = editor.post(url, {"least": least, "greatest": greatest})
        assert told in page.content.decode()
        assert self.kept(segment) is None

    def test_a_viewer_sets_none(self, segment, url, viewer):
        assert viewer.post(url, {"least": "5"}).status_code == 403
        assert self.kept(segment) is None


@pytest.mark.parametrize("page", ["admin:index", LIST])
def test_an_admin_is_told_that_mail_is_off(settings, admin, editor, page):
    def says(browser):
        return "Mail is off" in browser.get(reverse(page)).content.decode()

    assert not says(admin)
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert says(admin)
    assert not says(editor)
    assert "EMAIL_URL" in admin.get(reverse(page)).content.decode()

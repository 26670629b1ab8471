"""No page of the admin shows or changes another account's rows.

Goes over everything that is registered, so that a page added later is covered
as soon as it is there.
"""

from __future__ import annotations

import pytest
from django.contrib import admin as admin_module
from django.urls import reverse

from lyticsapp.face.admin import OperatorModelAdmin
from lyticsapp.face.current import SESSION_KEY
from tests.lyticsapp.face.rows import ROWS

MARK = "STRANGER"
REFUSED = {302, 403, 404}
REGISTERED = {
    model._meta.label_lower: page for model, page in admin_module.site._registry.items()
}
OF_ACCOUNTS = sorted(
    label
    for label, page in REGISTERED.items()
    if not isinstance(page, OperatorModelAdmin)
)
OF_OPERATORS = sorted(set(REGISTERED) - set(OF_ACCOUNTS))


def name_of(label, page):
    return f"admin:{label.replace('.', '_')}_{page}"


def assert_refused(response):
    assert response.status_code in REFUSED
    assert_unseen(response)


def assert_unseen(response):
    assert MARK not in response.content.decode()
    assert MARK not in response.headers.get("Location", "")


@pytest.mark.parametrize("label", OF_ACCOUNTS)
class TestRowsOfAnotherAccount:
    @pytest.fixture
    def row(self, label, stranger):
        assert label in ROWS, f"describe a row of {label} in rows.py"
        return ROWS[label](stranger, MARK)

    def test_it_does_not_list_them(self, label, row, admin, account):
        ROWS[label](account, "own")
        url = reverse(name_of(label, "changelist"))
        for query in ({}, {"q": MARK.lower()}, {"e": "1"}):
            response = admin.get(url, query, follow=True)
            assert response.status_code == 200
            assert_unseen(response)

    def test_it_does_not_show_them(self, label, row, admin):
        pages = ["change", "history", "delete"]
        pages += [page.path for page in getattr(REGISTERED[label], "object_pages", ())]
        for page in pages:
            url = reverse(name_of(label, page), args=[row.pk])
            assert_refused(admin.get(url))
            assert_refused(admin.post(url, {"post": "yes", "name": "changed"}))
        assert type(row)._base_manager.filter(pk=row.pk).exists()

    def test_it_does_not_offer_them(self, label, row, admin):
        response = admin.get(reverse(name_of(label, "add")))
        assert response.status_code in {200, *REFUSED}
        assert_unseen(response)

    def test_a_forged_session_opens_nothing(self, label, row, admin, stranger):
        session = admin.session
        session[SESSION_KEY] = stranger.pk
        session.save()
        assert_unseen(admin.get(reverse(name_of(label, "changelist")), follow=True))
        assert_refused(admin.get(reverse(name_of(label, "change"), args=[row.pk])))

    def test_autocomplete_does_not_find_them(self, label, row, admin):
        response = admin.get(
            reverse("admin:autocomplete"),
            {
                "app_label": label.split(".")[0],
                "model_name": label.split(".")[1],
                "field_name": "account",
                "term": MARK.lower(),
            },
        )
        assert response.status_code in {200, *REFUSED}
        assert_unseen(response)


@pytest.mark.parametrize("label", OF_ACCOUNTS)
def test_rows_of_the_own_account_are_shown(label, account, admin):
    """The marks would be seen if they were there."""
    row = ROWS[label](account, "OWNMARK")
    response = admin.get(reverse(name_of(label, "change"), args=[row.pk]))
    assert response.status_code == 200
    if label != "accounts.account":
        assert "ownmark" in response.content.decode().lower()


@pytest.mark.parametrize("label", OF_OPERATORS)
@pytest.mark.parametrize("page", ["changelist", "add"])
def test_pages_of_the_installation_are_for_operators(label, page, admin):
    assert admin.get(reverse(name_of(label, page))).status_code in {302, 403}


@pytest.mark.parametrize("label", OF_ACCOUNTS)
def test_the_home_page_shows_the_own_account_alone(label, admin, stranger):
    ROWS[label](stranger, MARK)
    assert_unseen(admin.get(reverse("admin:index")))


def test_one_cannot_switch_to_another_account(admin, stranger):
    response = admin.post(reverse("admin:switch"), {"account": stranger.public_id})
    assert response.status_code == 404
    assert "Own account" in admin.get(reverse("admin:index")).content.decode()

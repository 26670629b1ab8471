"""What each role may see and change."""

from __future__ import annotations

import pytest
from django.urls import reverse

from lyticsapp.accounts.models import Member, Role, User
from segments.definitions.models import Segment
from tests.lyticsapp.face.rows import ROWS

EVERYBODY_SEES = [
    "alerts_alert",
    "definitions_segment",
    "profiles_profile",
    "profiles_field",
    "streams_stream",
    "streams_rejectedrecord",
    "subscriptions_subscription",
    "subscriptions_delivery",
    "jobs_job",
]
ADMINS_SEE = [
    "accounts_apitoken",
    "accounts_member",
    "accounts_invitation",
    "accounts_auditentry",
    "accounts_account",
    "authorizations_authorization",
]
NEW_SEGMENT = {
    "name": "Paying",
    "filterql": 'FILTER AND ( paying_user = "t" ) FROM user',
}


@pytest.mark.parametrize("page", EVERYBODY_SEES)
def test_a_viewer_sees(page, viewer):
    assert viewer.get(reverse(f"admin:{page}_changelist")).status_code == 200


@pytest.mark.parametrize("page", ADMINS_SEE)
def test_only_an_admin_sees(page, viewer, editor, admin):
    url = reverse(f"admin:{page}_changelist")
    assert viewer.get(url).status_code == 403
    assert editor.get(url).status_code == 403
    assert admin.get(url, follow=True).status_code == 200


def test_a_viewer_changes_nothing(viewer, account):
    segment = ROWS["definitions.segment"](account, "kept")
    add = reverse("admin:definitions_segment_add")
    assert viewer.post(add, NEW_SEGMENT).status_code == 403
    for page in ("change", "delete"):
        url = reverse(f"admin:definitions_segment_{page}", args=[segment.pk])
        assert viewer.post(url, {**NEW_SEGMENT, "post": "yes"}).status_code == 403
    segment.refresh_from_db()
    assert segment.name == "kept segment"


def test_a_viewer_is_shown_the_filter_but_no_way_to_save(viewer, account):
    segment = ROWS["definitions.segment"](account, "kept")
    url = reverse("admin:definitions_segment_change", args=[segment.pk])
    page = viewer.get(url).content.decode()
    assert "kept-slug" in page
    assert 'name="_save"' not in page


def test_an_editor_changes_segments(editor, account):
    editor.post(reverse("admin:definitions_segment_add"), NEW_SEGMENT)
    assert Segment.objects.for_account(account).get().slug == "paying"


def test_who_is_removed_sees_nothing_any_more(account, person_in, client_of):
    user = person_in(account)
    client = client_of(user)
    assert (
        client.get(reverse("admin:definitions_segment_changelist")).status_code == 200
    )
    Member.objects.for_account(account).filter(user=user).delete()
    assert (
        client.get(reverse("admin:definitions_segment_changelist")).status_code == 403
    )
    assert (
        "You belong to no account"
        in client.get(reverse("admin:index")).content.decode()
    )


def test_an_operator_sees_every_account(account, stranger, client_of):
    operator = client_of(User.objects.create_superuser("op@example.com"))
    ROWS["definitions.segment"](stranger, "theirs")
    url = reverse("admin:definitions_segment_changelist")
    assert "theirs" not in operator.get(url).content.decode()
    operator.post(reverse("admin:switch"), {"account": stranger.public_id})
    assert "theirs" in operator.get(url).content.decode()
    assert operator.get(reverse("admin:accounts_account_changelist")).status_code == 200


def test_one_switches_between_ones_accounts(account, stranger, person_in, client_of):
    user = person_in(account)
    Member.objects.create(account=stranger, user=user, role=Role.VIEWER)
    client = client_of(user)
    client.post(reverse("admin:switch"), {"account": stranger.public_id})
    response = client.get(reverse("admin:accounts_apitoken_changelist"))
    assert response.status_code == 403

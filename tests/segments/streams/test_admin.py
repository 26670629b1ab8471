"""What the admin gives of a stream."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from lyticsapp.accounts.models import Member, Role, User
from segments.streams.models import Stream

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer(account):
    user = User.objects.create_user("viewer@example.com", "correct horse battery")
    Member.objects.create(account=account, user=user, role=Role.VIEWER)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_rejected_records_can_be_had_as_they_came(viewer, send, account):
    send(b'[7, {"a": "\\u0000"}, {}]', droperrors="true")
    stream = Stream.objects.for_account(account).get()
    page = viewer.get(reverse("admin:streams_stream_change", args=[stream.pk]))
    download = reverse("admin:streams_stream_rejected", args=[stream.pk])
    assert download in page.content.decode()

    answer = viewer.get(download)

    assert answer["Content-Disposition"] == 'attachment; filename="demo.rejected"'
    assert b"".join(answer.streaming_content) == b'7\n{"a": "\\u0000"}\n'


def test_those_of_a_stranger_cannot(viewer, stranger):
    stream = Stream.objects.create(account=stranger, name="demo")

    answer = viewer.get(reverse("admin:streams_stream_rejected", args=[stream.pk]))

    assert answer.status_code in {302, 404}

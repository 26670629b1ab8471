"""Senders of events, and what they find stored."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.db import connection

from lyticsapp.accounts.models import Scope


@pytest.fixture
def leaves_no_events(transactional_db):
    """Django empties only the tables it has made itself."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE streams_event, streams_pendingevent")


@pytest.fixture
def sender(account, api_of):
    return api_of(account, Scope.DATA)


@pytest.fixture
def send(sender):
    """Send a JSON body to the stream `demo`."""

    def send_json(body, stream="demo", **params):
        address = f"/collect/json/{stream}?{urlencode(params)}"
        return sender.post(address, body, content_type="application/json")

    return send_json


@pytest.fixture
def upload(sender):
    """Send a bulk upload to the stream `demo`."""

    def send_bulk(body, content_type="application/csv", stream="demo", **params):
        address = f"/collect/bulk/{stream}?{urlencode(params)}"
        return sender.generic("POST", address, body, content_type=content_type)

    return send_bulk

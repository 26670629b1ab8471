"""The test mail, and what is said where mail is off."""

from __future__ import annotations

import pytest

from tests.operations.conftest import Site
from tests.operations.hosts import manage
from tests.operations.smtp import MailServer

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("operations")]


def test_a_test_mail_arrives(site: Site) -> None:
    with MailServer() as server:
        environ = site.environ | {"EMAIL_URL": server.url}
        sent = manage("sendtestemail", "you@example.com", environ=environ)
        assert sent.returncode == 0, sent.stderr
    (mail,) = server.mails
    assert "Subject: Test email from" in mail
    assert "To: you@example.com" in mail
    assert f"From: {site.environ['DEFAULT_FROM_EMAIL']}" in mail

"""A person with a browser, as the web server sees one."""

from __future__ import annotations

from pathlib import Path

import requests

from tests.operations.proxy import TlsProxy


class Person:
    """Calls through a proxy, keeps cookies, and says where a form came from."""

    def __init__(self, proxy: TlsProxy, folder: Path) -> None:
        trusted = folder / "authority.pem"
        trusted.write_text(proxy.authority)
        self.url = proxy.url
        self.browser = requests.Session()
        self.browser.verify = str(trusted)
        self.browser.trust_env = False  # which may name other authorities

    def log_in(
        self, email: str, password: str, *, origin: str, **headers: str
    ) -> requests.Response:
        """The answer to the login form, sent from a page of this origin."""
        form = self.get("/admin/login/")
        assert form.status_code == 200, form.text
        return self.browser.post(
            f"{self.url}/admin/login/",
            data={
                "username": email,
                "password": password,
                "csrfmiddlewaretoken": self.browser.cookies["csrftoken"],
            },
            headers={"Origin": origin, "Referer": f"{origin}/admin/login/", **headers},
            allow_redirects=False,
            timeout=30,
        )

    def get(self, path: str) -> requests.Response:
        return self.browser.get(self.url + path, allow_redirects=False, timeout=30)

    def is_logged_in(self) -> bool:
        """Whether the home page is shown, not the login."""
        return self.get("/admin/").status_code == 200

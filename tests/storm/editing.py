"""Somebody who creates, edits and deletes segments all the while.

One segment's users are told of every edit; another takes each edit as its baseline.
A crowd that sends nothing is what the segments in between hold, so that walks over
profiles, and the clock, have more to do than the few who take steps.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

import requests

from tests.installation import Installation
from tests.storm import model

CROWD = 3_000
CROWD_STREAM = "crowd"
PASSING = "storm_passing"
PASSING_AT_ONCE = 3
SECONDS_LEFT = 2
PAUSE_S = 0.2
AGAIN_AFTER_S = 0.2
CALL_TIMEOUT_S = 20
LONGEST_OUTAGE_S = 60


@dataclass(frozen=True, slots=True)
class Edit:
    """A filter that a segment was given, some time between two instants."""

    filter: model.Filter
    sent_at: datetime
    answered_at: datetime


@dataclass
class Editing:
    """Edits segments until it is stopped; each call is made until it is answered."""

    installation: Installation
    page_of: Mapping[str, str]
    """Where the admin edits a segment."""
    edits: dict[str, list[Edit]] = field(init=False)
    """The filters that each segment has had, first of all the one it began with."""
    failure: str = ""
    _passing: list[str] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        began = datetime.min.replace(tzinfo=UTC)
        self.edits = {
            slug: [Edit(filter_, began, began)]
            for slug, filter_ in model.SEGMENTS.items()
        }
        self._thread = threading.Thread(target=self._edit_and_edit)
        self._api, self._admin = requests.Session(), requests.Session()
        self._api.headers["Authorization"] = self.installation.token
        self._api.headers["Content-Type"] = "text/plain"

    def start(self) -> None:
        self._log_in()
        self._gather_crowd()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(LONGEST_OUTAGE_S + CALL_TIMEOUT_S)
        assert not self.failure, self.failure

    def delete_what_passes(self) -> None:
        """Delete the last of the segments that are created and deleted."""
        while self._passing:
            self._delete(self._passing.pop())

    def _edit_and_edit(self) -> None:
        try:
            for number in count():
                edited = model.IN_TURN[number % len(model.IN_TURN)]
                self._edit(model.EDITED, edited, self._tell)
                self._edit(model.REBASED, edited, self._rebase)
                self._pass(number)
                if self._stopping.wait(PAUSE_S):
                    return
        except BaseException as error:
            self.failure = repr(error)

    def _edit(
        self,
        slug: str,
        edited: model.Filter,
        save: Callable[[str, str], requests.Response],
    ) -> None:
        sent_at = datetime.now(UTC)
        self._until_answered(lambda: save(slug, edited.text))
        self.edits[slug].append(Edit(edited, sent_at, datetime.now(UTC)))

    def _pass(self, number: int) -> None:
        """Create a segment of the crowd, edit it, and delete an older one."""
        slug = f"{PASSING}_{number}"
        some = f"crowd >= {number * 97 % CROWD}"
        age = int(time.monotonic() - self._gathered_at) + SECONDS_LEFT
        self._passing.append(slug)
        for text in (some, f'AND ({some}, _modified > "now-{age}s")'):
            self._until_answered(lambda text=text: self._tell(slug, text))
        if len(self._passing) > PASSING_AT_ONCE:
            self._delete(self._passing.pop(0))

    def _tell(self, slug: str, text: str) -> requests.Response:
        return self._api.post(
            f"{self.installation.url}/api/segment",
            data=f"FILTER {text} FROM user ALIAS {slug}",
            timeout=CALL_TIMEOUT_S,
        )

    def _delete(self, slug: str) -> None:
        self._until_answered(
            lambda: self._api.delete(
                f"{self.installation.url}/api/segment/{slug}", timeout=CALL_TIMEOUT_S
            ),
            gone_is_good=True,
        )

    def _rebase(self, slug: str, text: str) -> requests.Response:
        """Edit in the admin, which asks what the edit is, and answer: a baseline."""
        return self._post(
            self.page_of[slug],
            {
                "name": slug,
                "slug": slug,
                "filterql": f"FILTER {text} FROM user ALIAS {slug}",
                "moved": "baseline",
            },
        )

    def _log_in(self) -> None:
        known = self.installation.home.credentials()
        self._admin.get(f"{self.installation.url}/admin/login/", timeout=CALL_TIMEOUT_S)
        self._post(
            "/admin/login/",
            {"username": known["admin_user"], "password": known["admin_password"]},
        )

    def _post(self, path: str, values: Mapping[str, str]) -> requests.Response:
        """Post a form, after which another page must be shown."""
        answer = self._admin.post(
            self.installation.url + path,
            data={**values, "csrfmiddlewaretoken": self._admin.cookies["csrftoken"]},
            allow_redirects=False,
            timeout=CALL_TIMEOUT_S,
        )
        if answer.ok:
            leads_to = answer.headers.get("Location", "")
            assert leads_to, f"not saved: {answer.text}"
            assert "/login/" not in leads_to
        return answer

    def _gather_crowd(self) -> None:
        people = [{"user_id": f"crowd-{n}", "crowd": n} for n in range(CROWD)]
        self.installation.api("POST", f"/collect/json/{CROWD_STREAM}", people)
        self._gathered_at = time.monotonic()

    def _until_answered(
        self, call: Callable[[], requests.Response], *, gone_is_good: bool = False
    ) -> None:
        deadline = time.monotonic() + LONGEST_OUTAGE_S
        while True:
            try:
                answer = call()
            except requests.RequestException as error:
                said = str(error)
            else:
                if answer.ok or (gone_is_good and answer.status_code == 404):
                    return
                said = f"{answer.status_code} {answer.text[:1000]}"
            assert time.monotonic() < deadline, said
            threading.Event().wait(AGAIN_AFTER_S)

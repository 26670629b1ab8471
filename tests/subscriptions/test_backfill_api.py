"""The endpoints about the backfill of a subscription."""

from __future__ import annotations

import pytest

from lyticsapp.accounts.models import Scope
from segments.definitions.models import Recompute
from segments.pipeline.batch import Lane, process
from subscriptions import backfill, backlog
from subscriptions.models import Backfill
from tests.segments.pipeline.accounts import put_events
from tests.subscriptions.making import deliveries, make_segment, make_subscription

pytestmark = pytest.mark.django_db


@pytest.fixture
def vips(account, segment, monkeypatch):
    monkeypatch.setattr(backfill, "CHUNK_PROFILES", 2)
    put_events(account, [{"user_id": f"u{n}", "vip": "t"} for n in range(5)])
    while process(account.pk, 0).lane is Lane.WORKED:
        pass
    return segment


@pytest.fixture
def subscription(account, vips):
    return make_subscription(account, [vips], withbackfill=True)


@pytest.fixture
def call(api, subscription):
    """Calls an endpoint of the backfill; returns what it answers."""

    def call(verb="", *, status=200, **said):
        path = f"/api/subscription/{subscription.public_id}/backfill{verb}"
        answer = api.post(path, said, format="json")
        assert answer.status_code == status, answer.content
        return answer.json()["data"] if status == 200 else answer.json()["message"]

    return call


def look(api, subscription):
    path = f"/api/subscription/{subscription.public_id}/backfill"
    return api.get(path).json()["data"]


def test_it_tells_how_far_it_is(api, account, subscription):
    assert look(api, make_subscription(account, [make_segment(account, "b")])) is None
    told = look(api, subscription)
    assert (told["state"], told["done"], told["total"]) == ("going", 0, None)
    backfill.walk(account.pk, subscription.pk)
    told = look(api, subscription)
    assert (told["done"], told["total"]) == (2, 5)
    assert told["rate"] > 0
    assert told["seconds_left"] == pytest.approx(3 / told["rate"], abs=0.06)
    assert (told["rate_limit"], told["sample"], told["ended"]) == (None, False, None)
    state = api.get(f"/api/subscription/{subscription.public_id}/state").json()
    assert state["data"]["backfill"].keys() == told.keys()


def test_it_tells_what_it_waits_for(api, account, vips, subscription, monkeypatch):
    assert look(api, subscription)["waits_for"] is None
    monkeypatch.setattr(backlog, "MOST_WAITING", 2)
    backfill.walk(account.pk, subscription.pk)
    assert look(api, subscription)["waits_for"] == "deliveries"
    Recompute.objects.create(account=account, segment=vips, silent=True)
    assert look(api, subscription)["waits_for"] == "segments"


def test_it_is_paused_resumed_and_cancelled(call, subscription):
    assert call("/pause")["state"] == "paused"
    told = call("/pause", status=409)
    assert told == "The backfill cannot be paused: it is paused."
    assert call("/resume")["state"] == "going"
    cancelled = call("/cancel")
    assert cancelled["state"] == "cancelled"
    assert cancelled["ended"] is not None
    assert "it is cancelled" in call("/resume", status=409)


def test_its_rate_limit_is_set_and_taken_back(api, call, subscription):
    assert call("/rate_limit", rate_limit=7)["rate_limit"] == 7
    shown = api.get(f"/api/subscription/{subscription.public_id}").json()["data"]
    assert shown["config"]["backfill_rate_limit"] == 7
    assert call("/rate_limit", rate_limit=None)["rate_limit"] is None
    assert "is required" in call("/rate_limit", status=400)
    told = call("/rate_limit", status=400, rate_limit=0)
    assert told.startswith("backfill_rate_limit: must be 1 or more")
    assert "whole number" in call("/rate_limit", status=400, rate_limit="7")


def test_one_begins_where_none_is_under_way(account, call, subscription):
    asked = call(preview=True)
    assert asked["forecast"]["messages"] == 5
    assert "cancel that first" in call(status=409)
    call("/cancel")
    begun = call(sample=True)
    assert begun["backfill"]["state"] == "going"
    assert begun["backfill"]["sample"] is begun["forecast"]["sample"] is True
    assert "sample: must be true or false." in call(status=400, sample="yes")


def test_a_preview_begins_nothing(account, api, vips):
    plain = make_subscription(account, [vips])
    path = f"/api/subscription/{plain.public_id}/backfill"
    told = api.post(path, {"preview": True}, format="json").json()["data"]
    assert told["backfill"] is None
    assert not Backfill.objects.for_account(account).exists()
    api.post(path, {}, format="json")
    backfill.work(plain.pk)
    assert len(deliveries(plain)) == 5


def test_a_forecast_comes_before_the_subscription(api, vips):
    said = {
        "channel": "webhook",
        "segment_ids": ["vip"],
        "withbackfill": True,
        "webhook_url": "https://example.com/",
        "backfill_rate_limit": 2,
    }
    answer = api.post("/api/subscription/forecast", said, format="json").json()
    assert answer["data"] == {
        "messages": 5,
        "exact": True,
        "margin": 0,
        "computing": False,
        "sample": False,
        "rate": 2.0,
        "rate_by": "backfill_rate_limit",
        "seconds": 2.5,
    }


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"segment_ids": ["vip"]}, "channel: '' is not offered"),
        ({"channel": "webhook"}, "segment_ids: name at least one"),
        ({"channel": "webhook", "segment_ids": ["nope"]}, "nope"),
        (
            {"channel": "webhook", "segment_ids": ["vip"], "rate_limit": "x"},
            "rate_limit: must be a whole number",
        ),
    ],
)
def test_what_a_forecast_lacks_is_told(api, vips, said, told):
    answer = api.post("/api/subscription/forecast", said, format="json")
    assert answer.status_code in (400, 404)
    assert told in answer.json()["message"]


@pytest.mark.parametrize("verb", ["", "/pause", "/resume", "/cancel", "/rate_limit"])
def test_it_takes_the_right_account_and_scope(
    api_of, account, stranger, subscription, verb
):
    path = f"/api/subscription/{subscription.public_id}/backfill{verb}"
    said = {"rate_limit": 1}
    assert api_of(stranger).post(path, said, format="json").status_code == 404
    reader = api_of(account, Scope.SEGMENTS)
    assert reader.post(path, said, format="json").status_code == 403
    assert look(api_of(account), subscription)["state"] == "going"

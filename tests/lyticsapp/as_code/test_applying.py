"""What an account has is exported, planned and applied."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import AuditEntry
from lyticsapp.as_code import applying, printing
from lyticsapp.as_code.errors import (
    CannotBeWrittenError,
    DocumentError,
    PlanIsOldError,
)
from lyticsapp.authorizations.models import Authorization
from lyticsapp.jobs.models import Job, JobState
from segments.definitions.models import Recompute, Segment
from segments.definitions.upsert import upsert_from_text
from segments.profiles.models import Profile
from subscriptions.models import Subscription
from tests.lyticsapp.as_code.conftest import (
    applied,
    document,
    exported,
    jobs_of,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WHOLE = """\
segments:
  all_vips:
    name: all_vips
    filter: |-
      FILTER AND (
        INCLUDE vip
      ) ALIAS all_vips
  vip:
    name: vip
    filter: |-
      -- Those who pay
      FILTER plan = "pro" ALIAS vip
jobs:
- label: Count
  workflow: count_up
  description: |-
    Sheep.
    Many.
  authorization: Our keys
  paused: true
  config:
    upto: 3
    password: '****'
- label: To the shop
  workflow: webhook_triggers
  config:
    segment_ids:
    - vip
    - all_vips
    webhook_url: http://127.0.0.1:9/
    headers:
      Authorization: '****'
      X-Shop: one
"""
COUNT = """
    jobs:
    - label: Count
      workflow: count_up
      authorization: Our keys
      config: {upto: 3, password: "****"}
"""


def wipe(account):
    Subscription.objects.for_account(account).delete()
    Job.objects.for_account(account).delete()
    Segment.objects.for_account(account).delete()


def shown(account, wanted):
    lines = printing.lines(applying.plan(account, wanted), account, silent=False)
    return "\n".join(lines)


def test_an_export_says_all_but_the_secrets(filled):
    assert exported(filled) == WHOLE


def test_an_export_is_what_the_account_is_already(filled):
    assert shown(filled, document(WHOLE)).startswith("Nothing to do.")


def test_what_was_lost_comes_back_the_same(filled):
    wipe(filled)
    with_secrets = WHOLE.replace("password: '****'", "password: !env PASS").replace(
        "Authorization: '****'", "Authorization: !env TOKEN"
    )
    wanted = document(with_secrets, PASS="new-word", TOKEN="new-token")
    assert applied(filled, wanted) == [
        "created segment vip",
        "created segment all_vips",
        'created job "Count" (count_up)',
        'created job "To the shop" (webhook_triggers)',
    ]
    assert exported(filled) == WHOLE
    assert applying.plan(filled, wanted).steps == []
    jobs = jobs_of(filled)
    assert jobs["Count"].state == JobState.PAUSED
    assert jobs["Count"].secrets == {"password": "new-word"}
    subscription = Subscription.objects.for_account(filled).get()
    assert subscription.secrets == {"headers": {"Authorization": "new-token"}}
    assert subscription.segments.count() == 2


def test_a_new_job_has_to_be_given_its_secrets(account, keys):
    with pytest.raises(DocumentError, match=r":6: .*config\.password: .*!env NAME"):
        applying.plan(account, document(COUNT))


def test_a_secret_is_kept_until_another_is_given(filled):
    applied(filled, COUNT.replace("upto: 3", "upto: 4"))
    assert jobs_of(filled)["Count"].secrets == {"password": "mum-is-the-word"}
    wanted = document(COUNT.replace('"****"', "!env PASS"), PASS="another")
    assert '"****" -> "****" (another secret)' in shown(filled, wanted)
    applied(filled, wanted)
    assert jobs_of(filled)["Count"].secrets == {"password": "another"}
    assert applying.plan(filled, wanted).steps == []


def test_no_secret_is_in_a_plan(account, keys):
    plain = document(COUNT.replace("****", "hush-hush"))
    assert "hush" not in shown(account, plain)


def test_the_environment_gives_secrets_only(account, keys):
    wanted = document(
        COUNT.replace('password: "****"', "beach: !env PASS"), PASS="hush"
    )
    with pytest.raises(DocumentError, match=r"config\.beach: !env gives secrets"):
        applying.plan(account, wanted)


def test_a_change_is_told_field_by_field(filled):
    changed = (
        WHOLE.replace('"pro"', '"max"')
        .replace("name: vip", "name: Very important")
        .replace("upto: 3", "upto: 4")
        .replace("  paused: true\n", "")
    )
    told = shown(filled, document(changed))
    assert '    name: "vip" -> "Very important"\n' in told
    assert '      - FILTER plan = "pro" ALIAS vip\n' in told
    assert '      + FILTER plan = "max" ALIAS vip\n' in told
    assert (
        "    0 users would enter all_vips, 0 leave, and subscribers are told\n" in told
    )
    assert "    paused: true -> false\n    config.upto: 3 -> 4\n" in told
    assert told.endswith("0 to create, 2 to change, 2 unchanged.")
    applied(filled, changed)
    assert exported(filled) == changed
    assert jobs_of(filled)["Count"].state != JobState.PAUSED


@pytest.mark.parametrize("silent", [True, False])
def test_whoever_an_edit_moves_is_told_of_unless_it_is_the_baseline(filled, silent):
    Profile.objects.create(account=filled, created_at=NOW, modified_at=NOW)
    applied(filled, WHOLE.replace('"pro"', '"max"'), silent=silent)
    walks = Recompute.objects.for_account(filled)
    assert [walk.silent for walk in walks] == [silent, silent]


def test_what_the_file_does_not_speak_of_stays(filled):
    told = shown(filled, document("segments: {}"))
    assert "2 segments are not in the file and stay as they are." in told
    assert "2 jobs are not in the file and stay as they are." in told
    assert applied(filled, "segments: {}") == []
    assert exported(filled) == WHOLE


def test_what_an_entry_leaves_out_has_its_default(filled):
    hook = Authorization.objects.create(
        account=filled, provider="webhook", method="none", label="Hook"
    )
    more = "  workflow: webhook_triggers\n  authorization: Hook\n"
    with_more = WHOLE.replace("  workflow: webhook_triggers\n", more)
    applied(filled, with_more + "    user_fields: [email]\n")
    job = jobs_of(filled)["To the shop"]
    assert job.authorization == hook
    assert job.config["user_fields"] == ["email"]
    applied(filled, WHOLE)
    assert exported(filled) == WHOLE
    assert jobs_of(filled)["To the shop"].authorization is None


def test_all_is_refused_where_something_is(filled):
    wrong = WHOLE.replace('"pro"', '"max"') + (
        "    withbackfill: true\n    audience_events: exits_only\n"
    )
    with pytest.raises(DocumentError, match=r'job "To the shop".*withbackfill'):
        applied(filled, wrong)
    assert exported(filled) == WHOLE


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("upto: 3", "upto: few", r":22: .*config\.upto: must be a whole number"),
        ("upto: 3", "upto: 3\n    to: 4", r":23: .*config\.to: is not a setting"),
        ("count_up", "count_down", ":15: .*workflow: There is no workflow"),
        ("Our keys", "Their keys", ":19: .*authorization: the account has no auth"),
        ("- all_vips", "- nobody", r':27: .*no segment .* slug "nobody"'),
        ("Count", "To the shop\n  workflow: webhook-triggers", "is there already"),
        ("INCLUDE vip", "INCLUDE nobody", ":4: segment all_vips: filter: .*nobody"),
        ('plan = "pro"', "INCLUDE all_vips", "filter: .* in a circle: "),
        ("name: vip", f"name: {'v' * 201}", ":9: segment vip: name: "),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_done(filled, before, after, message):
    with pytest.raises(DocumentError, match=message):
        applying.plan(filled, document(WHOLE.replace(before, after, 1)))


def test_labels_that_are_there_twice_are_refused(filled, keys):
    twice = jobs_of(filled)["Count"]
    Job.objects.create(
        account=filled, workflow=twice.workflow, label=twice.label, config={"upto": 1}
    )
    with pytest.raises(CannotBeWrittenError, match=r'2 jobs .* called "Count"'):
        exported(filled)
    with pytest.raises(DocumentError, match="has 2 jobs of this workflow and label"):
        applying.plan(filled, document(COUNT))


def test_a_job_that_failed_is_left_in_its_state(filled):
    job = jobs_of(filled)["Count"]
    Job.objects.for_account(filled).filter(pk=job.pk).update(state=JobState.FAILED)
    assert applying.plan(filled, document(WHOLE)).steps == []


def test_a_plan_that_is_old_is_not_applied(filled):
    wanted = document(WHOLE.replace('"pro"', '"max"'))
    old = applying.plan(filled, wanted)
    upsert_from_text(filled, 'FILTER plan = "max" ALIAS vip', SYSTEM)
    with pytest.raises(PlanIsOldError):
        applying.apply(filled, wanted, old, SYSTEM, silent=False, say=print)


def test_each_change_is_in_the_audit_log(filled):
    AuditEntry.objects.for_account(filled).delete()
    applied(filled, WHOLE.replace('"pro"', '"max"').replace("upto: 3", "upto: 4"))
    entries = AuditEntry.objects.for_account(filled).order_by("pk")
    assert [(each.action, each.object_label) for each in entries] == [
        ("update", "vip"),
        ("update", "Count"),
    ]

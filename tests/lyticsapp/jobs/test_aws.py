"""Jobs at a local AWS: as whom they come, what they may choose, what ends them."""

from __future__ import annotations

import pytest

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.authorizations import lifecycle as authorizations
from lyticsapp.authorizations.aws import buckets, policies
from lyticsapp.authorizations.aws.external_ids import external_id_of
from lyticsapp.authorizations.lifecycle import Wanted
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.jobs import aws_choices, control, runner, tasks, workflow
from lyticsapp.jobs.errors import ChoicesError
from lyticsapp.jobs.models import JobState, RunState
from lyticsapp.jobs.workflow import Setup
from tests.local_aws import allow, trust
from tests.lyticsapp.jobs.celery_worker import PATIENCE_S, worker
from tests.lyticsapp.jobs.conftest import now_of, runs_of
from tests.waiting import wait_until

BUCKET = "orders"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("test_workflows")]


@pytest.fixture
def customer(installation):
    return installation.administrator("222222222222")


@pytest.fixture
def bucket(installation, customer):
    """A bucket of the customer, which only they may use."""
    s3 = installation.client("s3", keys=customer)
    s3.create_bucket(Bucket=BUCKET)
    return s3


def fill(bucket, keys):
    for key in keys:
        bucket.put_object(Bucket=BUCKET, Key=key, Body=b"1")


def trust_the_installation(bucket, installation):
    policy = policies.bucket(BUCKET, installation.arn)
    bucket.put_bucket_policy(Bucket=BUCKET, Policy=policies.written(policy))


def keys_of(account, user):
    settings = {"access_key": user.access_key_id, "secret_key": user.secret_access_key}
    wanted = Wanted(label="Keys", settings=settings)
    return authorizations.create(account, "aws", "keys", wanted, SYSTEM)


def make(account, authorization=None):
    wanted = workflow.Wanted(
        "count_objects", "Orders", "", authorization, {"bucket": BUCKET}
    )
    return control.create(account, wanted, SYSTEM)


def test_access_is_delegated_to_the_installation(account, bucket, installation):
    trust_the_installation(bucket, installation)
    fill(bucket, "abc")
    with pytest.raises(InvalidSettingError, match="orders is not granted to this"):
        make(account)
    granted = buckets.grant(account, BUCKET, SYSTEM)
    job = make(account)
    runner.run(job.pk)
    (run,) = runs_of(job)
    assert (run.state, run.read) == (RunState.COMPLETED, 3)

    other = make(account)
    buckets.revoke(granted, SYSTEM)
    runner.run(other.pk)
    (run,) = runs_of(other)
    assert run.state == RunState.FAILED
    assert "orders is not granted to this account" in now_of(other).state_reason


def test_what_aws_refuses_ends_the_job_and_says_so(account, bucket, installation):
    buckets.grant(account, BUCKET, SYSTEM)
    job = make(account)
    runner.run(job.pk)
    assert now_of(job).state == JobState.FAILED
    assert "could not list orders" in now_of(job).state_reason
    assert "AccessDenied" in now_of(job).state_reason

    keys = keys_of(account, installation.user(allow("s3:*", "*")))
    wanted = Wanted(settings={"secret_key": "wrong" * 8})
    authorizations.update(keys, wanted, SYSTEM)
    job = make(account, keys)
    runner.run(job.pk)
    assert "Secret Key is not the one" in now_of(job).state_reason


def test_a_job_whose_authorization_was_deleted_says_so(account, keys):
    wanted = workflow.Wanted("count_up", "Sheep", "", keys, {"upto": 3})
    job = control.create(account, wanted, SYSTEM)
    keys.delete()
    runner.run(job.pk)
    assert now_of(job).state == JobState.FAILED
    assert "choose another one" in now_of(job).state_reason


@pytest.mark.django_db(transaction=True)
def test_credentials_that_expire_are_renewed_in_the_middle_of_a_run(
    account, bucket, installation, customer
):
    objects = 240
    fill(bucket, [f"{number:03}" for number in range(objects)])
    trusted = trust(installation.arn, external_id=external_id_of(account))
    arn = installation.role(trusted, allow("s3:ListBucket", "*"), keys=customer)
    wanted = Wanted(label="Role", settings={"role_arn": arn})
    role = authorizations.create(account, "aws", "role", wanted, SYSTEM)
    job = make(account, role)

    def has_counted(number):
        tasks.sweep()
        return bool(runs_of(job)) and runs_of(job)[0].done >= number

    with worker():
        wait_until(lambda: has_counted(20), timeout=PATIENCE_S, what="the run to begin")
        installation.expire_sessions()
        assert runs_of(job)[0].done < objects, "the run is in the middle"
        wait_until(
            lambda: now_of(job).state == JobState.COMPLETED,
            timeout=PATIENCE_S,
            what="the run to go on to its end",
        )
    (run,) = runs_of(job)
    assert (run.read, run.tries, run.failures) == (objects, 1, 0)


class TestChoices:
    def test_buckets_are_those_granted_or_those_the_keys_may_list(
        self, account, bucket, installation, customer
    ):
        buckets.grant(account, "granted-one", SYSTEM)
        page = aws_choices.buckets(Setup(account, None, {}), "", "")
        assert [each.value for each in page.choices] == ["granted-one"]

        own = installation.client("s3")
        for number in range(3):
            own.create_bucket(Bucket=f"bucket-{number}")
        reader = keys_of(account, installation.user(allow("s3:ListAllMyBuckets", "*")))
        page = aws_choices.buckets(Setup(account, reader, {}), "t-1", "")
        assert [each.value for each in page.choices] == ["bucket-1"]
        nobody = keys_of(account, installation.user())
        with pytest.raises(ChoicesError, match="may not have permission to list bu"):
            aws_choices.buckets(Setup(account, nobody, {}), "", "")

    @pytest.fixture
    def setup(self, account, bucket, installation):
        trust_the_installation(bucket, installation)
        buckets.grant(account, BUCKET, SYSTEM)
        return lambda **config: Setup(account, None, {"bucket": BUCKET, **config})

    def test_folders_are_chosen_a_level_at_a_time(self, bucket, setup):
        fill(bucket, ["a/1", "a/x/1", "a/y/1", "b/1", "top"])
        page = aws_choices.directories(setup(), "", "")
        assert [each.value for each in page.choices] == ["a/", "b/"]
        page = aws_choices.directories(setup(), "a/", "")
        assert [each.value for each in page.choices] == ["a/x/", "a/y/"]

    def test_files_are_those_of_the_folder(self, bucket, setup):
        fill(bucket, ["a/", "a/1.csv", "a/2.csv", "b.csv"])
        page = aws_choices.files(setup(directory="a/"), "", "")
        assert [each.value for each in page.choices] == ["1.csv", "2.csv"]
        page = aws_choices.files(setup(directory="a/"), "2", "")
        assert [each.value for each in page.choices] == ["2.csv"]

    def test_many_keys_cost_a_bounded_number_of_calls(self, bucket, setup, monkeypatch):
        monkeypatch.setattr(aws_choices, "LISTED", 3)
        monkeypatch.setattr(aws_choices, "MOST_CALLS", 2)
        fill(bucket, [f"{number:02}" for number in range(14)] + ["z/1", "zz/1"])
        asked, start, found = 0, "", []
        while True:
            page = aws_choices.directories(setup(), "", start)
            asked, start = asked + 1, page.next
            found += [each.value for each in page.choices]
            if not start:
                break
        assert found == ["z/", "zz/"]
        assert asked == 3, "two calls of three keys a page"

    def test_every_folder_is_found_once_whatever_the_pages(
        self, bucket, setup, monkeypatch
    ):
        monkeypatch.setattr(aws_choices, "LISTED", 2)
        monkeypatch.setattr(aws_choices, "PAGE", 2)
        names = [f"{name}/{n}" for name in "abcde" for n in range(3)] + ["a.txt", "f"]
        fill(bucket, names)
        start, found = "", []
        while True:
            page = aws_choices.directories(setup(), "", start)
            found += [each.value for each in page.choices]
            start = page.next
            if not start:
                break
        assert found == ["a/", "b/", "c/", "d/", "e/"]

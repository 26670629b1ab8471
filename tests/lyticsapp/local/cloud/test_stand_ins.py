"""What the parts of the platform are told of the stand-ins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lyticsapp.local.cloud.stand_ins import StandIns
from lyticsapp.local.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(path=tmp_path)


def test_what_opens_them_stays_over_restarts(home: Home) -> None:
    first = StandIns.choose(home)
    home.credentials_file.write_text(json.dumps(first.addresses | first.secrets))

    assert StandIns.choose(home).aws_keys == first.aws_keys
    told = first.environment({})
    assert told["AWS_ACCESS_KEY_ID"] == first.secrets["aws_access_key_id"]
    assert told["AWS_SECRET_ACCESS_KEY"] == first.secrets["aws_secret_access_key"]
    assert told["AWS_REGION"] == told["AWS_DEFAULT_REGION"] == "us-east-1"


def test_keys_that_were_set_before_are_not_mixed_with_ours(home: Home) -> None:
    told = StandIns.choose(home).environment({"AWS_ACCESS_KEY_ID": "AKIATHEIRS"})
    assert told["AWS_ACCESS_KEY_ID"] == "AKIATHEIRS"
    assert "AWS_SECRET_ACCESS_KEY" not in told


def test_no_secret_is_an_argument_or_in_a_text(home: Home) -> None:
    stand_ins = StandIns.choose(home)
    texts = [repr(stand_ins), *(" ".join(part.command) for part in stand_ins.parts())]
    for secret in (
        stand_ins.aws_keys.secret_access_key,
        stand_ins.hubs_keys.shared_access_key,
        stand_ins.hubs_keys.client_secret,
    ):
        assert all(secret not in text for text in texts)

"""Administrators of AWS accounts: who may do everything in one.

An account begins to exist with its first administrator. The installation is one, in
an account of its own, with keys that outlive the memory of moto.
"""

from __future__ import annotations

import json

from moto.iam.models import iam_backends

from lyticsapp.local.cloud.aws.keys import Keys
from lyticsapp.local.cloud.aws.resources import PARTITION

INSTALLATION_ACCOUNT = "123456789012"
INSTALLATION_USER = "lyticsapp"
ADMINISTRATOR = "admin"
EVERYTHING = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
)


def create_installation(keys: Keys) -> None:
    """Make the installation's own user, with these keys."""
    _create_user(INSTALLATION_ACCOUNT, INSTALLATION_USER, keys)


def administrator(account: str) -> Keys:
    """The keys of the user `admin` of an account, which is made when there is none."""
    user = iam_backends[account][PARTITION].users.get(ADMINISTRATOR)
    if user is None:
        keys = Keys.new()
        _create_user(account, ADMINISTRATOR, keys)
        return keys
    key = user.access_keys[0]
    return Keys(key.access_key_id, key.secret_access_key)


def _create_user(account: str, name: str, keys: Keys) -> None:
    iam = iam_backends[account][PARTITION]
    iam.create_user("us-east-1", user_name=name)
    iam.put_user_policy(name, "everything", EVERYTHING)
    key = iam.create_access_key(name)
    del iam.access_keys[key.access_key_id]
    key.access_key_id = keys.access_key_id
    key.secret_access_key = keys.secret_access_key
    iam.access_keys[key.access_key_id] = key

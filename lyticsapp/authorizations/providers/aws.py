"""Amazon Web Services, by access keys or by a role that is assumed.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
"""

from __future__ import annotations

from django.conf import settings

from lyticsapp.authorizations import pgp
from lyticsapp.authorizations.aws import identity, steps
from lyticsapp.authorizations.aws.external_ids import external_id_of
from lyticsapp.authorizations.models import Authorization
from lyticsapp.authorizations.provider import Fact, Method
from lyticsapp.declaration.settings import Kind, Setting

TITLE = "Amazon Web Services"
ICON = "cloud"

ROLE_ARN = r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+"

KEYS = (
    Setting(
        name="access_key",
        label="Access Key",
        help="The access key id of an AWS user, such as AKIAIOSFODNN7EXAMPLE.",
        required=True,
        pattern=r"\w{16,128}",
        pattern_help="must be 16 to 128 letters and digits.",
    ),
    Setting(
        name="secret_key",
        label="Secret Key",
        help="The secret access key that belongs to it.",
        required=True,
        secret=True,
    ),
)


def _keys_facts(authorization: Authorization) -> list[Fact]:
    """What a list of allowed addresses has to hold, where an operator tells it."""
    told = ", ".join(settings.OUTBOUND_ADDRESSES)
    return [Fact("Outbound Addresses", told, is_copied=True)] if told else []


def _pgp_facts(authorization: Authorization) -> list[Fact]:
    return [*pgp.facts(authorization), *_keys_facts(authorization)]


def _role_facts(authorization: Authorization) -> list[Fact]:
    """What the role's assume-role policy has to name."""
    trusted = identity.of_installation()
    return [
        Fact("Trusted ARN", trusted.arn if trusted else "None yet", is_copied=True),
        Fact("External ID", external_id_of(authorization.account_id), is_copied=True),
        *_keys_facts(authorization),
    ]


METHODS = (
    Method(
        key="keys",
        title="AWS Keys",
        intro="An access key and its secret key, of a user made for this purpose.",
        fields=KEYS,
        facts=_keys_facts,
        steps=steps.KEYS,
    ),
    Method(
        key="keys_pgp_private",
        title="AWS Keys with PGP, Private",
        intro="AWS keys, and the private key that decrypts the files of imports.",
        fields=(
            *KEYS,
            Setting(
                name="private_key",
                label="Private PGP Key",
                help="The whole key in its armour, from -----BEGIN to -----END.",
                kind=Kind.LONG_TEXT,
                required=True,
                secret=True,
            ),
            Setting(
                name="passphrase",
                label="Passphrase",
                help="What unlocks the key, where it is locked.",
                secret=True,
            ),
        ),
        check=lambda settings: pgp.check_private(settings).found(),
        facts=_pgp_facts,
        steps=steps.KEYS,
    ),
    Method(
        key="keys_pgp_public",
        title="AWS Keys with PGP, Public",
        intro="AWS keys, and the public key that the files of exports are encrypted to.",
        fields=(
            *KEYS,
            Setting(
                name="public_key",
                label="Public PGP Key",
                help="The whole key in its armour, from -----BEGIN to -----END.",
                kind=Kind.LONG_TEXT,
                required=True,
            ),
        ),
        check=lambda settings: pgp.check_public(settings).found(),
        facts=_pgp_facts,
        steps=steps.KEYS,
    ),
    Method(
        key="role",
        title="Delegated Authorization",
        intro="A role in your AWS account that this installation may assume.",
        fields=(
            Setting(
                name="role_arn",
                label="Role ARN",
                help="Such as "
                "arn:aws:iam::111111111111:role/Lytics/WriteToKinesis/LyticsWriteToKinesis.",
                required=True,
                pattern=ROLE_ARN,
                pattern_help="must be the ARN of a role: "
                "arn:aws:iam::123456789012:role/name.",
            ),
        ),
        facts=_role_facts,
        steps=steps.ROLE,
    ),
)

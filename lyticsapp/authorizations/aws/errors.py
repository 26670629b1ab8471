"""What can stand in the way at AWS; each text says what to do.

AwsError
├── NoIdentityError         the installation has no identity of its own at AWS
└── BucketNotGrantedError   a bucket is not the account's to use
"""

from __future__ import annotations

from lyticsapp.authorizations.errors import AuthorizationError


class AwsError(AuthorizationError):
    """Base of the errors of this package."""


class NoIdentityError(AwsError):
    """The installation has no identity of its own at AWS."""

    def __init__(self) -> None:
        super().__init__(
            "This installation has no identity at AWS, so nobody can delegate access "
            "to it. An operator sets AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
            "runs it with an instance role."
        )


class BucketNotGrantedError(AwsError):
    """A bucket that no operator has granted to the account."""

    def __init__(self, bucket: str) -> None:
        super().__init__(
            f"The bucket {bucket} is not granted to this account. Tell the operator of "
            "this installation its name before you start a job."
        )

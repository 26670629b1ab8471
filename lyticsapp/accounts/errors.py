"""What can go wrong with accounts; each docstring is the message people see.

AccountsError
├── TokenError
│   ├── InvalidTokenError
│   └── ExpiredTokenError
├── InvitationError
│   ├── InvitationEndedError
│   ├── AlreadyMemberError
│   └── KnownPersonError
├── LastAdminError
├── IdentityFieldsError
└── UnknownTimeZoneError
"""

from __future__ import annotations


class AccountsError(Exception):
    """Something is wrong with the account."""

    def __str__(self) -> str:
        return " ".join((super().__str__() or self.__doc__ or "").split())


class TokenError(AccountsError):
    """Not authorized"""


class InvalidTokenError(TokenError):
    """Not authorized"""


class ExpiredTokenError(TokenError):
    """Expired Token"""


class InvitationError(AccountsError):
    """This invitation cannot be used."""


class InvitationEndedError(InvitationError):
    """This invitation is unknown, used or expired. Ask for a new one."""


class AlreadyMemberError(InvitationError):
    """This person is a member of the account already."""


class KnownPersonError(InvitationError):
    """There is a login for this address already. Log in to accept."""


class LastAdminError(AccountsError):
    """An account keeps at least one admin. Make somebody else an admin first."""


class IdentityFieldsError(AccountsError):
    """These fields cannot tell who a user is."""


class UnknownTimeZoneError(AccountsError):
    """This is no time zone; choose one such as Europe/Madrid."""

"""What can go wrong with accounts; each docstring is the message people see.

AccountsError
├── TokenError
│   ├── InvalidTokenError
│   └── ExpiredTokenError
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

"""Encryption of secrets at rest, with keys from the environment.

`ENCRYPTION_KEYS` lists Fernet keys; the first encrypts, all decrypt.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class DecryptionError(Exception):
    """A stored secret cannot be read with the keys in ENCRYPTION_KEYS.

    Start with the keys it was written with, or enter the secret again.
    """

    def __str__(self) -> str:
        return " ".join((self.__doc__ or "").split())


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(value: Any) -> bytes:
    """The JSON value, encrypted with the first key."""
    fernet = _fernet(tuple(settings.ENCRYPTION_KEYS))
    return fernet.encrypt(orjson.dumps(value))


def decrypt(token: bytes) -> Any:
    """The JSON value that was encrypted; raises DecryptionError."""
    fernet = _fernet(tuple(settings.ENCRYPTION_KEYS))
    try:
        return orjson.loads(fernet.decrypt(token))
    except InvalidToken as error:
        raise DecryptionError from error


def is_newest(token: bytes) -> bool:
    """Whether a value is encrypted with the first key."""
    try:
        _fernet(tuple(settings.ENCRYPTION_KEYS[:1])).decrypt(token)
    except InvalidToken:
        return False
    return True


def renewed(token: bytes) -> bytes:
    """The same value encrypted with the first key; raises DecryptionError."""
    try:
        return _fernet(tuple(settings.ENCRYPTION_KEYS)).rotate(token)
    except InvalidToken as error:
        raise DecryptionError from error


class EncryptedJSONField(models.BinaryField):  # type: ignore[type-arg]
    """A JSON value whose column holds only its encrypted form."""

    def get_db_prep_value(
        self, value: Any, connection: Any, prepared: bool = False
    ) -> Any:
        encrypted = None if value is None else encrypt(value)
        return super().get_db_prep_value(encrypted, connection, prepared)

    def from_db_value(self, value: Any, *_: Any) -> Any:
        """The decrypted JSON value."""
        return None if value is None else decrypt(bytes(value))

    def get_default(self) -> Any:
        """The default as a JSON value, not as bytes."""
        return self._get_default()  # type: ignore[attr-defined]

"""PGP keys that people enter: which key one is, and whether it can be worked with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from pysequoia import Cert, Tsk, decrypt, encrypt

from lyticsapp.authorizations.models import Authorization
from lyticsapp.authorizations.provider import Fact
from lyticsapp.declaration.errors import InvalidSettingError

PUBLIC = "public_key"
PRIVATE = "private_key"
PASSPHRASE = "passphrase"  # noqa: S105
EXPIRES_AT = "pgp_expires_at"
PROBE = b"is it possible to encrypt to this key?"
PUBLIC_ARMOR = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
PRIVATE_ARMOR = "-----BEGIN PGP PRIVATE KEY BLOCK-----"


@dataclass(frozen=True, slots=True)
class Key:
    """What anybody may know of a key."""

    fingerprint: str
    user_id: str
    expires_at: datetime | None

    def found(self) -> dict[str, Any]:
        """As it is kept beside the authorization."""
        expires_at = self.expires_at.isoformat() if self.expires_at else None
        return {
            "pgp_fingerprint": self.fingerprint,
            "pgp_user_id": self.user_id,
            EXPIRES_AT: expires_at,
        }


def check_public(settings: Mapping[str, Any]) -> Key:
    """The public key to encrypt to; raises InvalidSettingError."""
    certificate = _certificate(settings[PUBLIC], PUBLIC, PUBLIC_ARMOR)
    if _is_private(settings[PUBLIC]):
        raise InvalidSettingError(
            PUBLIC, f"is a private key. Enter the public one, after {PUBLIC_ARMOR}."
        )
    try:
        encrypt(recipients=[certificate], bytes=PROBE)
    except RuntimeError as error:
        raise InvalidSettingError(
            PUBLIC, f"cannot be encrypted to: {_first_line(error)}."
        ) from None
    return _key(certificate)


def check_private(settings: Mapping[str, Any]) -> Key:
    """The private key to decrypt with; raises InvalidSettingError."""
    certificate = _certificate(settings[PRIVATE], PRIVATE, PRIVATE_ARMOR)
    if not _is_private(settings[PRIVATE]):
        raise InvalidSettingError(
            PRIVATE, f"is a public key. Enter the private one, after {PRIVATE_ARMOR}."
        )
    _decrypt(certificate, settings[PRIVATE], settings.get(PASSPHRASE))
    return _key(certificate)


def facts(authorization: Authorization) -> list[Fact]:
    """Whose key it is and how long it lasts."""
    found = authorization.found
    expires_at = expiry_of(authorization)
    lasts = f"{expires_at:%Y-%m-%d %H:%M} UTC" if expires_at else "Never"
    return [
        Fact("PGP Fingerprint", found.get("pgp_fingerprint", "").upper()),
        Fact("PGP User ID", found.get("pgp_user_id", "")),
        Fact("PGP Key Expires", lasts),
    ]


def expiry_of(authorization: Authorization) -> datetime | None:
    """When its key expires; None where it does not, or it has none."""
    text = authorization.found.get(EXPIRES_AT)
    return parse_datetime(text) if text else None


def _certificate(text: str, setting: str, armor: str) -> Cert:
    if "-----BEGIN PGP" not in text:
        raise InvalidSettingError(setting, f"is no PGP key; one begins with {armor}.")
    try:
        held = Cert.split_bytes(text.encode())
        certificate = held[0] if len(held) == 1 else None
    except (RuntimeError, ValueError) as error:
        raise InvalidSettingError(
            setting, f"cannot be read: {_first_line(error)}. Paste the whole block."
        ) from None
    if certificate is None:
        raise InvalidSettingError(
            setting, f"holds {len(held)} keys. Enter the one that is to be used."
        )
    _refuse_ended(certificate, setting)
    return certificate


def _is_private(text: str) -> bool:
    """By what the key holds, which is how the library writes it."""
    return str(Tsk.from_bytes(text.encode())).startswith(PRIVATE_ARMOR)


def _refuse_ended(certificate: Cert, setting: str) -> None:
    if certificate.is_revoked:
        raise InvalidSettingError(setting, "has been revoked. Enter another one.")
    expires_at = certificate.expiration
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidSettingError(
            setting,
            f"expired on {expires_at:%Y-%m-%d}. Extend it, or enter another one.",
        )


def _decrypt(certificate: Cert, text: str, passphrase: str | None) -> None:
    """Try the key on a message to itself, as a wrong passphrase shows there."""
    try:
        message = encrypt(recipients=[certificate], bytes=PROBE)
    except RuntimeError as error:
        raise InvalidSettingError(
            PRIVATE, f"cannot decrypt anything: {_first_line(error)}."
        ) from None
    try:
        key = Tsk.from_bytes(text.encode())
        decrypt(decryptor=key.decryptor(passphrase), bytes=message)
    except RuntimeError as error:
        raise _passphrase_error(_first_line(error), passphrase) from None


def _passphrase_error(reason: str, passphrase: str | None) -> InvalidSettingError:
    if "is not encrypted" in reason:
        return InvalidSettingError(
            PASSPHRASE, "is not needed: this key is not locked. Leave it empty."
        )
    if passphrase:
        return InvalidSettingError(PASSPHRASE, "does not unlock this key.")
    if "is encrypted" in reason:
        return InvalidSettingError(PASSPHRASE, "is required: this key is locked.")
    return InvalidSettingError(PRIVATE, f"cannot decrypt anything: {reason}.")


def _key(certificate: Cert) -> Key:
    user_ids = [str(user_id) for user_id in certificate.user_ids]
    return Key(
        fingerprint=certificate.fingerprint,
        user_id=", ".join(user_ids),
        expires_at=certificate.expiration,
    )


def _first_line(error: Exception) -> str:
    """What the library says, without the backtrace it adds."""
    return str(error).partition("\n")[0].rstrip(".")

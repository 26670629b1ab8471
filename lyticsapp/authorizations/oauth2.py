"""Tokens of OAuth 2 client credentials, kept until shortly before they expire.

https://datatracker.ietf.org/doc/html/rfc6749#section-4.4
"""

from __future__ import annotations

import base64
import http.client
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode

import orjson

from lyticsapp.authorizations.credentials import Credentials
from lyticsapp.authorizations.errors import TokenRefusedError, TokenUnreachableError
from lyticsapp.network import outgoing
from lyticsapp.network.addresses import AddressRefusedError
from lyticsapp.network.urls import prepared

TIMEOUT_S = 10.0
KEPT = 256
USUAL_LIFE_S = 300.0
"""How long a token is good for where its giver does not say."""
EARLY_S = 30.0
"""How long before its end a token is given up."""
LONGEST_REASON = 200


@dataclass(slots=True)
class _Kept:
    """A token, and who may ask for the next one."""

    token: str = field(default="", repr=False)
    until: float = 0.0
    """When the next one is asked for."""
    ends: float = 0.0
    asking: threading.Lock = field(default_factory=threading.Lock)


_kept: OrderedDict[tuple[int, int], _Kept] = OrderedDict()
_looking = threading.Lock()


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """How a giver of tokens is asked for one."""

    url: str
    form: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def by_basic_auth(settings: Mapping[str, Any]) -> TokenRequest:
    """The request with the client's id and secret in its header (RFC 6749, 2.3.1)."""
    form = {"grant_type": "client_credentials"}
    if settings.get("scope"):
        form["scope"] = settings["scope"]
    who = ":".join(quote_plus(settings[n]) for n in ("client_id", "client_secret"))
    basic = f"Basic {base64.b64encode(who.encode()).decode()}"
    return TokenRequest(settings["token_url"], form, {"Authorization": basic})


def token(
    credentials: Credentials,
    request_of: Callable[[Mapping[str, Any]], TokenRequest] = by_basic_auth,
) -> str:
    """A token that is good now; raises TokenRefusedError, TokenUnreachableError."""
    return lasting_token(credentials, request_of)[0]


def lasting_token(
    credentials: Credentials,
    request_of: Callable[[Mapping[str, Any]], TokenRequest] = by_basic_auth,
) -> tuple[str, float]:
    """A token, and for how many seconds it is good; raises the same."""
    kept = _kept_for(credentials)
    with kept.asking:
        now = time.monotonic()
        if now >= kept.until:
            kept.token, life_s = _asked(request_of(credentials.settings))
            kept.until = now + max(life_s - EARLY_S, life_s / 2)
            kept.ends = now + life_s
        return kept.token, kept.ends - now


def forget(credentials: Credentials) -> bool:
    """Have the next call ask for a new token, as this one was not taken.

    Returns whether there was one.
    """
    with _looking:
        return _kept.pop(credentials.key, None) is not None


def _kept_for(credentials: Credentials) -> _Kept:
    with _looking:
        kept = _kept.setdefault(credentials.key, _Kept())
        _kept.move_to_end(credentials.key)
        if len(_kept) > KEPT:
            _kept.popitem(last=False)
        return kept


def _asked(request: TokenRequest) -> tuple[str, float]:
    """A new token, and for how many seconds it is good."""
    headers = {
        **request.headers,
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    try:
        answer = outgoing.request(
            "POST",
            prepared(request.url),
            headers,
            urlencode(request.form).encode(),
            timeout_s=TIMEOUT_S,
        )
    except AddressRefusedError as error:
        raise TokenRefusedError(str(error)) from error
    except (OSError, http.client.HTTPException) as error:
        raise TokenUnreachableError(type(error).__name__) from error
    return _read(answer)


def _read(answer: outgoing.Answer) -> tuple[str, float]:
    try:
        said = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        said = None
    said = said if isinstance(said, dict) else {}
    if answer.status >= 500 or answer.status == http.client.TOO_MANY_REQUESTS:
        raise TokenUnreachableError(f"it answered {answer.status}")
    if answer.status != http.client.OK:
        reason = said.get("error_description") or said.get("error") or ""
        raise TokenRefusedError(f"{answer.status} {reason}"[:LONGEST_REASON].strip())
    found = said.get("access_token")
    if not isinstance(found, str) or not found:
        raise TokenRefusedError("the answer holds no access_token")
    life = said.get("expires_in")
    return found, float(life) if isinstance(life, int | float) else USUAL_LIFE_S

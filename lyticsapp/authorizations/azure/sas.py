"""Shared access signatures.

https://learn.microsoft.com/rest/api/eventhub/generate-sas-token
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from urllib.parse import quote_plus

LASTS_S = 3600


def signature(resource: str, *, policy: str, key: str) -> str:
    """A signature for what lies below a resource's address, good for an hour."""
    encoded = quote_plus(resource)
    expiry = str(int(time.time()) + LASTS_S)
    digest = hmac.new(key.encode(), f"{encoded}\n{expiry}".encode(), hashlib.sha256)
    signed = quote_plus(base64.b64encode(digest.digest()))
    return (
        f"SharedAccessSignature sr={encoded}&sig={signed}&se={expiry}"
        f"&skn={quote_plus(policy)}"
    )

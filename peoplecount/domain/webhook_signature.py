"""Signatures on what is sent to programs of one's own, in the form of Standard Webhooks.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: headers ``webhook-id``,
``webhook-timestamp`` and ``webhook-signature``, HMAC-SHA256 over ``id.timestamp.body``. Libraries check it in most
languages.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Collection
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32
"""The specification allows 24 to 64."""


def secret_of(random: bytes) -> str:
    """A secret as the receiver is given it."""
    return PREFIX + base64.b64encode(random).decode()


def signed_headers(message_id: str, moment: datetime, body: bytes, secrets: Collection[str]) -> dict[str, str]:
    """The headers of a request that is sent at ``moment``; with several secrets any of them vouches for it."""
    timestamp = str(int(moment.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("the secret of a webhook is damaged") from None  # nothing of it may reach a log
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()

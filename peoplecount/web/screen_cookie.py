"""The cookie by which a screen on a wall is known. It is good until the screen is revoked, also after a power cut."""

from __future__ import annotations

from datetime import timedelta

from flask import Response

from peoplecount.web.transport import Transport

LONGEST = timedelta(days=400)
"""Browsers keep no cookie for longer; each time the screen is switched on it begins anew."""


def screen_cookie(way: Transport) -> str:
    """Its name. Browsers take one of that prefix only over HTTPS, from this very host and for all of it."""
    return "__Host-peoplecount-screen" if way is Transport.SECURE else "peoplecount-screen"


def keep(response: Response, way: Transport, secret: str) -> None:
    """Let the browser of this answer keep the secret; scripts do not see it."""
    response.set_cookie(
        screen_cookie(way),
        secret,
        max_age=LONGEST,
        path="/",
        secure=way is Transport.SECURE,
        httponly=True,
        samesite="Lax",
    )

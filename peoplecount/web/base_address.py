"""Where programs find this service."""

from __future__ import annotations

from flask import request


def base_address(public_url: str) -> str:
    """``PUBLIC_URL`` where it is set, else where this request came; without a slash at the end."""
    return (public_url or request.url_root).rstrip("/")

"""``wsgi:app`` whose cameras are asked through ``requests``' own transport, to see what the other one gives."""

from peoplecount.sunapi import transport
from peoplecount.sunapi.bounded_http import BoundedAdapter

transport.QuickAdapter = BoundedAdapter  # type: ignore[attr-defined, misc, assignment]

from wsgi import app  # noqa: E402 - which builds the service

__all__ = ["app"]

"""What goes wrong when something is sent out."""

from __future__ import annotations


class OutboundError(Exception):
    """Base of all errors of sending.

    - ``AddressRefused``: nothing may be sent there; the message says why, and what would be allowed
    - ``Unanswered``: nobody answered there, or not in time; the message says how
    """


class AddressRefused(OutboundError):
    """Nothing may be sent to this address."""


class Unanswered(OutboundError):
    """A request was not answered."""

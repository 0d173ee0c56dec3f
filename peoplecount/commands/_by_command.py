"""Who types a command: whoever may log in to the machine may do everything."""

from __future__ import annotations

from peoplecount.administering import this_author
from peoplecount.domain.user import Role
from peoplecount.domain.visitor import Visitor


def this_visitor() -> Visitor:
    """As the desks of administration see them."""
    return Visitor(this_author(), Role.ADMINISTRATOR)

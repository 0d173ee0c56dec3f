"""The pages of administration."""

from __future__ import annotations

from flask import Blueprint

from peoplecount.services.administration import Administration
from peoplecount.web.admin import frame, log


def routes(administration: Administration) -> list[Blueprint]:
    """Everything under ``/admin``."""
    return [frame.routes(), log.routes(administration)]

"""``db check``: the way into the database step by step, and one sentence on what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from peoplecount.commands._steps import show
from peoplecount.configuration import note_signed_in
from peoplecount.services.database_walk import DatabaseWalk
from peoplecount.services.inspection import Step, Verdict, conclusion, is_well, wrong
from peoplecount.services.server_approach import file_approach, partner_step, server_approach
from peoplecount.services.sql_server_approach import Approach
from peoplecount.settings import DatabaseSettings, Settings
from peoplecount.storage.engine import EngineConnection
from peoplecount.storage.errors import DriverMissing
from peoplecount.storage.open import connection_for
from peoplecount.storage.rights import SERVICE
from peoplecount.storage.sql_server import SQLServerConnection


def check(settings: Settings) -> int:
    """Walk, and say what each step found as it is taken; 0, or 1 where something is wrong.

    Where an attached installation's tables lie elsewhere than ours, there as well, as far as the way in goes.
    """
    places = [settings.database] if settings.attached is None else [settings.database, settings.attached]
    went_well = [_walk_into(place, settings) for place in places]
    return 0 if all(went_well) else 1


def _walk_into(place: DatabaseSettings, settings: Settings) -> bool:
    """Whether it went well."""
    print(place)
    taken: list[Step] = []
    connection = connection_for(place)
    try:
        walk, approach = _walk(connection, settings), _approach(connection, place)
        for step in walk.way_in(approach) if place is settings.attached else walk.steps(approach):
            taken.append(step)
            show(step)
    finally:
        connection.disconnect()
    if any(step.name == "log-in" and step.verdict is Verdict.FINE for step in taken):
        note_signed_in(settings, place)
    print(conclusion(taken))
    return is_well(taken)


def _walk(connection: EngineConnection, settings: Settings) -> DatabaseWalk:
    grain = settings.records_interval
    return DatabaseWalk(connection, SERVICE, settings.records_keep_days, grain.total_seconds() if grain else 0.0)


def _approach(connection: EngineConnection, place: DatabaseSettings) -> Iterator[Step]:
    seconds = float(place.login_seconds)
    if isinstance(connection, SQLServerConnection):
        yield from _sql_server(connection, seconds)
    elif place.path is not None:
        yield from file_approach(place.path)
    else:
        host = place.host or place.options.get("host", "")
        yield from server_approach(host, place.port or 5432, seconds, "PostgreSQL")


def _sql_server(connection: SQLServerConnection, seconds: float) -> Iterator[Step]:
    try:
        server, *partners = connection.targets()
    except DriverMissing as error:
        yield wrong("driver", str(error), f"{error}.", ends=True)
        return
    connection.prepare_ticket()
    for step in Approach(server, seconds).steps():
        yield replace(step, ends=step.ends and not partners)  # the log-in may well be had of the partner
    for partner in partners:
        if partner.place is not None:
            yield partner_step(partner.place.machine, partner.place.known_port, seconds)

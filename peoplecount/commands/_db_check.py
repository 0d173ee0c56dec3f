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
    """Walk, and say what each step found as it is taken; 0, or 1 where something is wrong."""
    print(settings.database)
    taken: list[Step] = []
    connection = connection_for(settings.database)
    try:
        for step in _walk(connection, settings).steps(_approach(connection, settings.database)):
            taken.append(step)
            show(step)
    finally:
        connection.disconnect()
    if any(step.name == "log-in" and step.verdict is Verdict.FINE for step in taken):
        note_signed_in(settings)
    print(conclusion(taken))
    return 0 if is_well(taken) else 1


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

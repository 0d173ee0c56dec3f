"""``db sql``: the schema and the rights as a script for a database administrator."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from peoplecount.settings import Settings
from peoplecount.storage.administrator_script import administrator_script
from peoplecount.storage.api_camaras import VIEW
from peoplecount.storage.dialects import Product
from peoplecount.storage.rights import Right


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what it takes."""
    parser.add_argument(
        "--dialect",
        choices=[product.value for product in Product],
        help="the database it is for (the one that is set unless given)",
    )
    parser.add_argument(
        "--from",
        dest="since",
        metavar="VERSION",
        help="the schema's version there, such as 0002: only what comes after it, and the rights",
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the script. Raises ``SchemaMismatch``."""
    database = settings.database
    product = Product(arguments.dialect or database.kind)
    script = administrator_script(product, database.schema, since=arguments.since, others=_others(settings))
    print(script, end="")
    return 0


def _others(settings: Settings) -> dict[str, Sequence[Right]]:
    """What an older installation has in the same database, and the service needs to be let do with it."""
    if settings.attached is not None:
        return {}
    wanted: dict[str, Sequence[Right]] = {}
    if settings.cameras_view != VIEW:
        wanted[settings.cameras_view] = [Right.SELECT]
    if settings.records_table:
        wanted[settings.records_table] = [Right.SELECT, Right.INSERT]
    return {name if "." in name else f"{settings.database.schema}.{name}": rights for name, rights in wanted.items()}

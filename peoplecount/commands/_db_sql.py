"""``db sql``: the schema and the rights as a script for a database administrator."""

from __future__ import annotations

import argparse

from peoplecount.settings import DatabaseSettings
from peoplecount.storage.administrator_script import administrator_script
from peoplecount.storage.dialects import Product


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


def run(arguments: argparse.Namespace, settings: DatabaseSettings) -> int:
    """Print the script. Raises ``SchemaMismatch``."""
    product = Product(arguments.dialect or settings.kind)
    print(administrator_script(product, settings.schema, since=arguments.since), end="")
    return 0

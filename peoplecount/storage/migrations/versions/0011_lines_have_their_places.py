"""PostgreSQL learns that a line has a door and a site, and not any of them: it then sums up lines without sorting.

Taking all combinations for possible, it expects as many sums as there are rows, and sorts these by three texts. The
other databases expect nothing of the kind.
"""

from __future__ import annotations

from alembic import op

from peoplecount.storage.dialects import Product

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    context = op.get_context()
    if context.dialect.name != Product.POSTGRESQL:
        return
    quoted = context.dialect.identifier_preparer.quote_identifier
    schema = quoted(str(context.version_table_schema))
    for table in ("quarter_hours", "hour_counts"):
        name = f"{schema}.st_{table}_line_id_door_id_site_id"
        op.execute(f"CREATE STATISTICS {name} (ndistinct) ON line_id, door_id, site_id FROM {schema}.{table}")
        op.execute(f"ANALYZE {schema}.{table}")  # by itself it would look again after a tenth of the rows has changed

"""What Alembic runs, called by ``peoplecount.storage.migrate``, which puts everything into ``attributes``."""

from __future__ import annotations

from alembic import context


def _run() -> None:
    attributes = context.config.attributes
    if context.is_offline_mode():
        context.configure(
            dialect_name=attributes["dialect"],
            version_table_schema=attributes["schema"],
            output_buffer=attributes["output"],
            dialect_opts={"paramstyle": "named"},
            transactional_ddl=True,
        )
    else:
        context.configure(
            connection=attributes["connection"], version_table_schema=attributes["schema"], transactional_ddl=True
        )
    with context.begin_transaction():
        context.run_migrations()


_run()

"""A database that keeps what it is asked to run."""

from __future__ import annotations


class RecordingDatabase:
    """Passes everything on and keeps the statements."""

    def __init__(self, connection) -> None:
        self._connection = connection
        self.statements: list = []
        self.of_many_rows: list = []
        """Those that were given many rows, with the names of their values."""

    def execute(self, statement, parameters=None):
        self.statements.append(statement)
        return self._connection.execute(statement, parameters)

    def transaction(self, work, *, repeatable=True):
        return self._connection.transaction(lambda transaction: work(_Recording(transaction, self)))


class _Recording:
    def __init__(self, transaction, database) -> None:
        self._transaction = transaction
        self._statements = database.statements
        self._of_many_rows = database.of_many_rows

    def execute(self, statement, parameters=None):
        self._statements.append(statement)
        return self._transaction.execute(statement, parameters)

    def change(self, statement, parameters=None):
        self._statements.append(statement)
        return self._transaction.change(statement, parameters)

    def change_each(self, statement, rows):
        self._statements.append(statement)
        if rows:
            self._of_many_rows.append((statement, list(rows[0])))
        self._transaction.change_each(statement, rows)

"""A database that keeps what it is asked to run."""

from __future__ import annotations


class RecordingDatabase:
    """Passes everything on and keeps the statements, each once."""

    def __init__(self, connection) -> None:
        self._connection = connection
        self.statements: list = []

    def execute(self, statement, parameters=None):
        self.statements.append(statement)
        return self._connection.execute(statement, parameters)

    def transaction(self, work, *, repeatable=True):
        return self._connection.transaction(lambda transaction: work(_Recording(transaction, self.statements)))


class _Recording:
    def __init__(self, transaction, statements) -> None:
        self._transaction = transaction
        self._statements = statements

    def execute(self, statement, parameters=None):
        self._statements.append(statement)
        return self._transaction.execute(statement, parameters)

    def change(self, statement, parameters=None):
        self._statements.append(statement)
        return self._transaction.change(statement, parameters)

    def change_each(self, statement, rows):
        self._statements.append(statement)
        self._transaction.change_each(statement, rows)

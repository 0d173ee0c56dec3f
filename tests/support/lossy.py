"""A database whose answers get lost."""

from __future__ import annotations

from peoplecount.storage.errors import DatabaseUnavailable


class LossyDatabase:
    """Passes everything on; ``loses`` says of the transactions to come whether they are done before the link breaks."""

    def __init__(self, db) -> None:
        self._db = db
        self._fates: list[str] = []

    def loses(self, *fates: str) -> None:
        """``kept``: all is well; ``done``: it is done, and nobody hears of it; ``lost``: it never arrives."""
        self._fates = list(fates)

    def connect(self) -> None:
        self._db.connect()

    def execute(self, statement, parameters=None):
        return self._db.execute(statement, parameters)

    def transaction(self, work, *, repeatable=True):
        fate = self._fates.pop(0) if self._fates else "kept"
        if fate == "lost":
            raise DatabaseUnavailable("the link broke")
        result = self._db.transaction(work, repeatable=repeatable)
        if fate == "done":
            raise DatabaseUnavailable("the link broke after the commit")
        return result

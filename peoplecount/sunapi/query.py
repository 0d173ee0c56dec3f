"""One question to a camera, as it goes on the request line."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

_LITERAL = {"FromDate": ":", "ToDate": ":", "fromDate": ":", "toDate": ":"}
"""What besides commas is sent as it is: dates stand so in all samples, everything else is percent-encoded."""


@dataclass(frozen=True, slots=True)
class Query:
    """One request: what is asked, where, with which parameters."""

    subject: str
    """What is asked for, as error messages name it: ``people counts``."""

    path: str
    parameters: tuple[tuple[str, str], ...] = ()
    method: str = "GET"
    patient: bool = False
    """Whether it waits while a poll wants to ask the same device."""

    often: bool = False
    """Whether it is asked with every poll, so that what it takes to ask it is kept ready."""

    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.path, self.parameters, self.method)))

    def __hash__(self) -> int:
        """Worked out once: what is kept of a question is looked up several times in each poll."""
        return self._hash

    @property
    def target(self) -> str:
        """Path and query as they go on the request line."""
        pairs = (
            f"{quote(name, safe='')}={quote(value, safe=',' + _LITERAL.get(name, ''))}"
            for name, value in self.parameters
        )
        return f"{self.path}?{'&'.join(pairs)}" if self.parameters else self.path

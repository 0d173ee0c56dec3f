"""Where a SQL Server is: a host, and a port or the name of an instance."""

from __future__ import annotations

from dataclasses import dataclass

USUAL_PORT = 1433


@dataclass(frozen=True, slots=True)
class SQLServerPlace:
    r"""``host`` may be ``SERVER\INSTANCE``, as people write it; a port makes the instance's name idle."""

    host: str
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> SQLServerPlace:
        r"""``SERVER``, ``SERVER,PORT`` or ``SERVER\INSTANCE``, with ``tcp:`` in front or not."""
        host, _, port = text.strip().removeprefix("tcp:").partition(",")
        return cls(host.strip(), int(port) if port.strip().isdigit() else None)

    @property
    def machine(self) -> str:
        """The name or address to look up."""
        host = self.host.partition("\\")[0].strip("[]")
        return "localhost" if host in {".", "(local)", ""} else host

    @property
    def instance(self) -> str:
        """The instance to ask the SQL Server Browser for; empty where the port is known."""
        name = self.host.partition("\\")[2]
        return "" if self.port is not None or name.upper() == "MSSQLSERVER" else name

    @property
    def known_port(self) -> int | None:
        """The port, unless the SQL Server Browser has to be asked."""
        return None if self.instance else self.port or USUAL_PORT

    def spoken(self, *, always_port: bool = False) -> str:
        """As drivers take it. A port and an instance together FreeTDS refuses, so the port stands alone."""
        if self.instance:
            return f"{self.machine}\\{self.instance}"
        return f"{self.machine},{self.known_port}" if always_port or self.port is not None else self.machine

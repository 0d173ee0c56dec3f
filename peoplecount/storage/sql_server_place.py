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

    def words(self, *, port_apart: bool = False) -> list[tuple[str, str]]:
        """As drivers take it: with the port behind a comma, or ``port_apart``.

        FreeTDS 1.3 sends a NUL where it found the comma, which a server was seen to refuse, and has other usual ports.
        A port and an instance together it refuses, so the port stands alone.
        """
        if self.instance:
            return [("Server", f"{self.machine}\\{self.instance}")]
        if port_apart:
            return [("Server", self.machine), ("Port", str(self.known_port))]
        return [("Server", self.machine if self.port is None else f"{self.machine},{self.port}")]

"""A spreadsheet of two hundred cameras of virtual fleets, with every kind of fault that those of forty sites have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from peoplecount.services.camera_import import Outcome
from peoplecount.simulator.fault import FaultOrder
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.plan import CameraPlan
from peoplecount.simulator.server import Https, SimulatorServer

ROWS, CAMERAS, SECURE = 200, 170, 3


class SpoiledSheet:
    """Rows as they are typed, and what is to be said of those that are not well."""

    def __init__(self, fleet: SimulatorServer, secure: SimulatorServer) -> None:
        self._fleet = fleet
        self.rows = [_row(fleet, plan) for plan in _plans(fleet)]
        self.expected: dict[int, tuple[Outcome, str]] = {}
        """By the number of the row as a spreadsheet counts: the verdict, and words that are in it."""

        self._mistyped()
        self._refused_by_cameras()
        self._to_be_known()
        for plan in _plans(secure):
            self._add(
                _row(secure, plan) | {"name": f"Secure {plan.camera_id}"}, Outcome.CERTIFICATE, "accept it: SHA-256"
            )
        while len(self.rows) < ROWS:
            again = self.rows[30] | {"name": f"Again {len(self.rows)}"}
            self._add(again, Outcome.REFUSED, "row 32 has the same address")

    @property
    def passwords(self) -> set[str]:
        """What may be shown nowhere."""
        return {row["password"] for row in self.rows}

    def _mistyped(self) -> None:
        spoil = self._spoil
        spoil(1, "a name is missing", name="")
        spoil(2, "an address is missing", address="")
        spoil(3, "not a camera's address", address="ftp://192.0.2.7")
        spoil(4, "0.05 to 3600 s are allowed", interval="99999")
        spoil(5, "site 'Nowhere': 'Mars/Olympus' is not a time zone", site="Nowhere", time_zone="Mars/Olympus")
        spoil(6, "not a protocol", protocol="onvif")
        spoil(8, "row 8 has the same address", address=self.rows[6]["address"])
        spoil(10, "row 10 has the same id", id="one", address="http://127.0.0.1:1/x")
        self.rows[8]["id"] = "one"
        spoil(13, "nothing listens", address="http://127.0.0.1:1")
        spoil(20, "is that of row 20", address=self._fleet.address("19").replace("127.0.0.1", "localhost"))
        self.rows[19] |= {"user": self.rows[18]["user"], "password": self.rows[18]["password"]}

    def _refused_by_cameras(self) -> None:
        self._spoil(11, "refuses the user name or password", password="wrong")
        self._spoil(12, "administrator level")
        self._inject(12, "609")
        self._spoil(14, "No line counts")
        self._inject(14, "line-disabled", line=1)
        self._spoil(15, "has locked this account")
        self._inject(15, "490")

    def _to_be_known(self) -> None:
        self._spoil(16, "same name, 'North'", Outcome.ADDED)
        self._inject(16, "line-renamed", line=1, name="North")
        self._inject(16, "line-added", name="North")
        self._spoil(17, "10 min behind", Outcome.ADDED)
        self._inject(17, "clock-step", seconds=-600)
        self._spoil(18, "Its clock is +09:00", Outcome.ADDED)
        self._inject(18, "zone-change", name="Asia/Tokyo")

    def _add(self, row: dict[str, str], outcome: Outcome, said: str) -> None:
        self.rows.append(row)
        self.expected[len(self.rows) + 1] = (outcome, said)

    def _spoil(self, camera: int, said: str, outcome: Outcome = Outcome.REFUSED, **cells: str) -> None:
        self.rows[camera - 1] |= cells
        self.expected[camera + 1] = (outcome, said)

    def _inject(self, camera: int, fault: str, **order: object) -> None:
        self._fleet.simulation.inject(FaultOrder.parse({"camera": str(camera), "fault": fault, **order}))


@contextmanager
def spoiled_sheet() -> Iterator[SpoiledSheet]:
    """With the cameras it names."""
    with (
        SimulatorServer(default_fleet(CAMERAS)) as fleet,
        SimulatorServer(default_fleet(SECURE), https=Https.ONLY) as secure,
    ):
        yield SpoiledSheet(fleet, secure)


def _plans(server: SimulatorServer) -> list[CameraPlan]:
    return [front.camera.plan for front in server.simulation.fronts.values()]


def _row(server: SimulatorServer, plan: CameraPlan) -> dict[str, str]:
    return {
        "id": "",
        "name": plan.name,
        "address": server.address(plan.camera_id),
        "user": plan.username,
        "password": plan.password,
        "site": plan.site.name,
        "time_zone": plan.site.time_zone,
        "protocol": "",
        "interval": "600",
    }

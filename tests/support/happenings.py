"""Events that happen at a service without cameras: appended to its log by another process, as fast as it takes them."""

from __future__ import annotations

from datetime import UTC, datetime

from peoplecount.domain.event_body import Place, break_event
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.eventlog.log import Append, LogError
from peoplecount.settings import load_settings
from peoplecount.webhooks import subscriptions
from tests.support.running import Service, wait_until

CAMERAS = ("north", "east", "south", "west")


class Happenings:
    """The data folder of a service, as another process of it has it. Every event is of the next camera."""

    def __init__(self, service: Service) -> None:
        self.folder = DataFolder.at(service.folder / "var")
        settings = load_settings(service.settings, env_file=None)
        self.desk = subscriptions(settings, self.folder, lambda work, *args, **options: work(*args, **options))
        self.ids: list[str] = []

    def happen(self, many: int) -> list[str]:
        """Append so many events, as whoever leads does; their ids."""
        first = len(self.ids)
        events = []
        for number in range(first, first + many):
            camera = CAMERAS[number % len(CAMERAS)]
            place = Place("shop", "Shop", camera, camera.title())
            events.append(break_event(place, datetime.now(UTC), f"{camera}/0/1/1", "test", f"number {number}", ""))

        def append() -> list[str] | None:
            try:
                head = self.folder.log.append(self._term(), [Append(tuple(events))], datetime.now(UTC))
            except LogError:  # somebody has taken the lead since
                return None
            return [f"{head.epoch}-{head.number - many + 1 + place}" for place in range(many)]

        made: list[str] = wait_until(append, 30, "an append")
        self.ids += made
        return made

    def of(self, camera: str) -> list[str]:
        """Ids of the events of one camera."""
        return self.ids[CAMERAS.index(camera) :: len(CAMERAS)]

    def _term(self) -> int:
        with self.folder.log._file.reading() as connection:
            return connection.execute("SELECT term FROM log").fetchone()[0]

    def close(self) -> None:
        self.folder.close()

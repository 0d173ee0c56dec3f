"""The installation, as everything in a process meets it: its settings, its folder, its database, its cameras."""

from __future__ import annotations

from dataclasses import dataclass

from peoplecount.attachment import Attachment, attached_database
from peoplecount.configuration import audit_log_in, database, default_site
from peoplecount.data_home import data_home
from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.runtime import Runtime
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.played_clock import PlayedClock, fetch_played_time
from peoplecount.services.roster_keeper import RosterKeeper
from peoplecount.settings import Settings
from peoplecount.storage.proxy import ProxyDB


@dataclass(frozen=True, slots=True)
class Installation:
    """What most parts of a process are made from."""

    settings: Settings
    folder: DataFolder
    runtime: Runtime
    clock: PlayedClock
    """That of the cameras."""

    database: ProxyDB
    """Has our tables."""

    theirs: ProxyDB
    """Has the cameras' view; often the same."""

    attachment: Attachment
    rosters: RosterKeeper

    @classmethod
    def of(cls, settings: Settings, runtime: Runtime) -> Installation:
        """The one on these settings; nothing is opened yet."""
        clock = PlayedClock(fetch_played_time(settings.clock_url) if settings.clock_url else REAL_TIME)
        folder = data_home(settings, runtime.offload, runtime.native)
        own = database(settings, folder, runtime)
        theirs = attached_database(settings, folder, own, runtime)

        def read() -> Roster:
            theirs.refresh_cameras()
            return theirs.cameras()

        rosters = RosterKeeper(
            read,
            folder.store,
            folder.sealer,
            default_site(settings),
            runtime.offload,
            holds_on=settings.cameras_are_theirs,
        )
        attachment = Attachment(settings, own, theirs, clock, runtime)
        return cls(settings, folder, runtime, clock, own, theirs, attachment, rosters)

    def audit_log(self) -> AuditLog:
        """Who changed what."""
        return audit_log_in(self.folder, self.runtime.offload)

    def sites(self) -> list[Site]:
        """Those of the newest roster."""
        return list(self.rosters.current().sites.values())

    def intervals(self) -> dict[str, float]:
        """Seconds between two polls, by the camera's id."""
        return {key: camera.poll_interval for key, camera in self.rosters.current().cameras.items()}

    def disconnect(self) -> None:
        """Close all connections to databases."""
        self.database.disconnect()
        if self.theirs is not self.database:
            self.theirs.disconnect()

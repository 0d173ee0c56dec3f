"""Administration of one process: the desks at which the installation is changed, connected."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from peoplecount.configuration import Configuration, audit_log_in, configuration, default_site
from peoplecount.data_home import data_home
from peoplecount.domain.clock import REAL_TIME, Clock
from peoplecount.domain.roster import Roster
from peoplecount.installation import Installation
from peoplecount.services.accounts import Accounts
from peoplecount.services.administration import Administration
from peoplecount.services.people_desk import PeopleDesk
from peoplecount.services.played_clock import PlayedClock
from peoplecount.services.screen_desk import ScreenDesk
from peoplecount.services.site_desk import SiteDesk
from peoplecount.services.token_desk import TokenDesk
from peoplecount.settings import Settings
from peoplecount.storage.hand_count_table import HandCountTable
from peoplecount.storage.site_table import SiteTable


def administration_of(installation: Installation, accounts: Accounts, link_of: Callable[[str], str]) -> Administration:
    """The desks of a service; ``link_of`` makes links of codes."""
    settings, offload, log = installation.settings, installation.runtime.offload, installation.audit_log()
    database = installation.database.hurried()
    sites = SiteDesk(
        SiteTable(database),
        HandCountTable(database),
        log,
        default_site=default_site(settings),
        roster=installation.rosters.current,
        clock=installation.clock,
    )
    people, tokens = PeopleDesk(accounts, log, link_of, offload), TokenDesk(accounts, log, offload)
    # A screen is on a wall in real time, also where a day is played in a minute.
    screens = ScreenDesk(installation.folder.store, PlayedClock(REAL_TIME), log, offload)
    return Administration(log, sites, people, tokens, screens, ZoneInfo(settings.time_zone))


@contextmanager
def site_desk(settings: Settings, clock: Clock) -> Iterator[tuple[SiteDesk, Configuration]]:
    """The desk for sites, for one-off commands. Raises what ``configuration`` raises."""
    folder = data_home(settings)
    try:
        with configuration(settings) as tables:
            desk = SiteDesk(
                tables.sites,
                tables.hand_counts,
                audit_log_in(folder),
                default_site=default_site(settings),
                roster=lambda: _roster(tables),
                clock=clock,
            )
            yield desk, tables
    finally:
        folder.close()


def _roster(tables: Configuration) -> Roster:
    return Roster(cameras={camera.camera_id: camera for camera in tables.cameras.cameras()})


def this_author() -> str:
    """Who types a command, as the audit log names them. Nobody can sign in by such a name."""
    try:
        return f"command line ({getpass.getuser()})"
    except (OSError, KeyError, ImportError):  # a user without a name, as in some containers
        return "command line"

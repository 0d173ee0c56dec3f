"""Fleets: an invented town of three sites, and the cameras a replay hangs over real doors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from peoplecount.simulator.firmware import AI, MANUAL_JSON, NGINX_JSON, OLD_TEXT, Dialect, Firmware
from peoplecount.simulator.plan import CameraPlan, Fleet, LinePlan, RecorderPlan, SitePlan
from peoplecount.simulator.replay import Replay, ReplayTraffic, plan_lines
from peoplecount.simulator.weekly_profile import BANK, MUSEUM, STORE, WeeklyProfile
from peoplecount.simulator.weekly_traffic import WeeklyTraffic

DEFAULT_CAMERAS = 12

_EASY_TO_READ = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class _Site:
    name: str
    capacity: int
    profile: WeeklyProfile
    opening_hours: str


@dataclass(frozen=True, slots=True)
class _Spot:
    """One camera of the town."""

    site: _Site
    name: str
    firmware: Firmware
    lines: tuple[LinePlan, ...]
    channels: int = 1


_STORE = _Site("Bahnhofstrasse store", 1000, STORE, "Mo-Sa 08:00-20:00; Su 10:00-18:00")
_BANK = _Site("Paradeplatz bank branch", 100, BANK, "Mo-Fr 08:00-18:00; Sa 09:00-17:00; Su off")
_MUSEUM = _Site("Lakeside museum", 700, MUSEUM, "Mo off; Tu-Su 10:00-18:00")

_LF_TEXT = replace(OLD_TEXT, line_end="\n", model="SNF-0000Y", sunapi_version="2.4.9")

_TOWN = (
    _Spot(
        _STORE,
        "Main entrance",
        NGINX_JSON,
        (
            LinePlan(1, "EastDoor", "East door", people_a_day=900),
            LinePlan(2, "WestDoor", "West door", people_a_day=700),
        ),
    ),
    _Spot(_BANK, "Counter hall", MANUAL_JSON, (LinePlan(1, "MainDoor", "Main door", people_a_day=420),)),
    _Spot(
        _MUSEUM,
        "Foyer",
        AI,
        (
            LinePlan(1, "Foyer left", "Foyer", rule=2, people_a_day=330),
            LinePlan(2, "Foyer right", "Foyer", rule=2, people_a_day=260),
        ),
    ),
    _Spot(_STORE, "Tram stop entrance", OLD_TEXT, (LinePlan(1, "TramDoor", "Tram stop door", people_a_day=620),)),
    _Spot(_BANK, "Cash machine lobby", OLD_TEXT, (LinePlan(1, "LobbyDoor", "Lobby door", people_a_day=300),)),
    _Spot(_MUSEUM, "Garden gate", MANUAL_JSON, (LinePlan(1, "GardenGate", "Garden gate", people_a_day=150),)),
    _Spot(
        _STORE,
        "Car park",
        MANUAL_JSON,
        (
            LinePlan(1, "ParkLevel1", "Car park level 1", people_a_day=380),
            LinePlan(1, "ParkLevel2", "Car park level 2", channel=1, people_a_day=240),
        ),
        channels=2,
    ),
    _Spot(_STORE, "Food hall", AI, (LinePlan(1, "Food hall", "Food hall", people_a_day=560),)),
    _Spot(_BANK, "Side entrance", AI, (LinePlan(1, "Side entrance", "Side entrance", people_a_day=110),)),
    _Spot(_MUSEUM, "Café terrace", _LF_TEXT, (LinePlan(1, "CafeTerrace", "Café terrace", people_a_day=190),)),
    _Spot(
        _STORE,
        "Underpass",
        AI,
        (
            LinePlan(1, "Underpass north", "Underpass north", people_a_day=340),
            LinePlan(1, "Underpass south", "Underpass south", channel=1, people_a_day=300),
        ),
        channels=2,
    ),
    _Spot(_STORE, "Side street", NGINX_JSON, (LinePlan(1, "SideDoor", "Side street door", people_a_day=210),)),
)


def default_fleet(
    cameras: int = DEFAULT_CAMERAS,
    *,
    time_zone: str = "Europe/Zurich",
    seed: int = 1,
    busy: float | None = None,
    quiet_nights: bool = False,
    dialect: Dialect | None = None,
    recorder: bool = False,
) -> Fleet:
    """A store, a bank branch and a museum for every twelve cameras, played by the weekly profile.

    ``busy`` keeps something moving every second, with ``quiet_nights`` where a place is open; ``dialect`` gives all
    cameras one interface; with a ``recorder`` all cameras are on its channels too, in their order.
    """
    plans = tuple(_town_camera(number, time_zone, seed, dialect) for number in range(1, cameras + 1))
    registered = tuple(plan.camera_id for plan in plans)
    recorders = (RecorderPlan(recorder_id="1", channels=registered),) if recorder else ()
    return Fleet(plans, WeeklyTraffic(plans, seed=seed, busy=busy, quiet_nights=quiet_nights), recorders)


def _town_camera(number: int, time_zone: str, seed: int, dialect: Dialect | None) -> CameraPlan:
    town, place = divmod(number - 1, len(_TOWN))
    spot = _TOWN[place]
    site_name = spot.site.name if town == 0 else f"{spot.site.name} {town + 1}"
    return _camera(
        number,
        spot.name,
        SitePlan(site_name, time_zone, spot.site.capacity, spot.site.profile, spot.site.opening_hours),
        _in_dialect(spot.firmware, dialect),
        spot.lines,
        spot.channels,
        seed,
    )


_REPLAY_MAKES = ((MANUAL_JSON, 2), (OLD_TEXT, 1), (AI, 2), (NGINX_JSON, 1))
"""Firmware and channels, in turn."""


def replay_fleet(
    replay: Replay, *, time_zone: str | None = None, seed: int = 1, dialect: Dialect | None = None
) -> Fleet:
    """Two of the replay's lines to a camera, in the order of their names; cameras with one and with two channels."""
    site = SitePlan(replay.site, time_zone or replay.time_zone, capacity=2000)
    names = replay.lines
    plans, played = [], {}
    for number, first in enumerate(range(0, len(names), 2), start=1):
        watched = names[first : first + 2]
        firmware, most_channels = _REPLAY_MAKES[(number - 1) % len(_REPLAY_MAKES)]
        channels = min(most_channels, len(watched))
        lines = plan_lines(watched, channels)
        title = " and ".join(line.door for line in lines)
        camera = _camera(number, title, site, _in_dialect(firmware, dialect), lines, channels, seed)
        plans.append(camera)
        played.update({camera.line_id(line): line.name for line in lines})
    return Fleet(tuple(plans), ReplayTraffic(replay, played, site.zone, seed))


def _in_dialect(firmware: Firmware, dialect: Dialect | None) -> Firmware:
    if dialect is None or firmware.dialect == dialect:
        return firmware
    return AI if dialect == Dialect.WISEAI else NGINX_JSON


def _camera(
    number: int,
    name: str,
    site: SitePlan,
    firmware: Firmware,
    lines: tuple[LinePlan, ...],
    channels: int,
    seed: int,
) -> CameraPlan:
    chance = Random(f"{seed}/password/{number}")  # noqa: S311 (the password of an invented camera)
    if firmware.dialect is Dialect.CLASSIC:
        lines = tuple(replace(line, rule=1) for line in lines)  # classic cameras have no rules
    return CameraPlan(
        camera_id=str(number),
        name=name,
        site=site,
        firmware=firmware,
        lines=lines,
        channels=channels,
        password="".join(chance.choices(_EASY_TO_READ, k=10)) + "#7",
        serial=f"ZSIM{(seed - 1) % 10_000:04d}{number:06d}X",  # none is there twice when several fleets are played
        mac=f"00:00:5E:00:53:{number % 256:02X}",
    )

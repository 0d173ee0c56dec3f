"""``doctor CAMERA``: the way to a camera step by step, and how polling it has gone."""

from __future__ import annotations

from dataclasses import replace

from peoplecount.camera_access import CameraAccess, camera_access
from peoplecount.camera_administration import command_office
from peoplecount.commands._by_command import this_visitor
from peoplecount.commands._doctor_doors import camera_steps
from peoplecount.commands._steps import show
from peoplecount.configuration import Configuration, default_site
from peoplecount.data_home import data_home
from peoplecount.domain.camera import Camera
from peoplecount.domain.clock import Clock
from peoplecount.domain.roster import Roster
from peoplecount.domain.sign_in import SignInRecord, read_sign_ins
from peoplecount.domain.site import Site
from peoplecount.eventlog.store import Store
from peoplecount.own_services import camera_networks
from peoplecount.services.camera_desk import EnteredCamera, Login
from peoplecount.services.camera_office import CameraOffice
from peoplecount.services.camera_walk import CameraWalk
from peoplecount.services.fleet_record import FleetRecords
from peoplecount.services.inspection import Step, conclusion, is_well, odd, wrong
from peoplecount.services.played_clock import PlayedClock
from peoplecount.settings import Settings
from peoplecount.sunapi.sign_ins import Account

FEW = 0.98
"""A share of polls that went well, below which it is said."""


def run(settings: Settings, tables: Configuration, camera_id: str, *, risks_sign_in: bool) -> int:
    """Walk, and say what each step found; 0, or 1 where something is wrong.

    Raises ``NoSuchCamera``, ``DatabaseError``, ``LogError`` and ``ClockUnavailable``.
    """
    store = data_home(settings).store
    try:
        with command_office(settings, tables) as office, camera_access(settings) as access:
            one = office.desk.find(this_visitor(), camera_id)
            print(f"{camera_id}  {one.camera.name}, {one.site.name}")
            return _walk(settings, tables, office, access, store, one, risks_sign_in=risks_sign_in)
    finally:
        store.close()


def _walk(
    settings: Settings,
    tables: Configuration,
    office: CameraOffice,
    access: CameraAccess,
    store: Store,
    one: EnteredCamera,
    *,
    risks_sign_in: bool,
) -> int:
    clock, real_time = PlayedClock.at(settings.clock_url), PlayedClock()
    taken: list[Step] = []

    def take(step: Step) -> None:
        taken.append(step)
        show(step)

    take(polls_step(store, clock, one.camera.camera_id))
    try:
        camera = Login(settings.camera_user, settings.camera_password).of(office.desk.with_password(one))
    except ValueError as error:
        take(wrong("password", str(error), f"{error}.", ends=True))
    else:
        roster = _roster(settings, tables, camera)
        walk = CameraWalk(
            camera,
            roster,
            access,
            clock,
            sign_ins_at(store, camera, real_time),
            real_time.now(),
            twin=lambda serial: office.desk.doubles().of_device(this_visitor(), camera.camera_id, serial),
            is_paused=one.paused,
            risks_sign_in=risks_sign_in,
            networks=camera_networks(settings),
        )
        for step in walk.steps():
            take(step)
        for step in camera_steps(settings, tables, _sites_of(roster, camera), camera.camera_id):
            take(step)
    print(conclusion(taken))
    return 0 if is_well(taken) else 1


def polls_step(store: Store, clock: Clock, camera_id: str) -> Step:
    """How the service has fared with it in the last day."""
    record = FleetRecords(store, clock, PlayedClock()).now()
    day = record.day_of(camera_id)
    polls = sum(one.polls for one in day)
    if not polls:
        return Step("polls", "none noted in the last day")
    failures = sum(one.failures for one in day)
    said = f"{polls - failures:,} of {polls:,} in the last day answered"
    return Step("polls", said) if failures <= (1 - FEW) * polls else odd("polls", said)


def sign_ins_at(store: Store, camera: Camera, real_time: Clock) -> SignInRecord:
    """The failed sign-ins that count at a camera's account."""
    kept = store.get(Account.at(camera.address, camera.username).key)
    return read_sign_ins(kept.body if kept else None).seen_at(real_time.now())


def _sites_of(roster: Roster, camera: Camera) -> list[Site]:
    """Those that its lines count for."""
    ids = {roster.place_of_line(camera, line.key, "").site_id for line in camera.lines}
    return [roster.sites[site_id] for site_id in sorted(ids | {roster.site_of(camera).site_id})]


def _roster(settings: Settings, tables: Configuration, camera: Camera) -> Roster:
    site = default_site(settings)
    sites = {site.site_id: site} | {one.site_id: one for one in tables.sites.sites()}
    doors = {door.door_id: door for door in tables.sites.doors()}
    return Roster({camera.camera_id: replace(camera)}, sites, doors)

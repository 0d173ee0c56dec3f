"""``doctor``: the whole installation, part by part."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from peoplecount.camera_administration import command_office
from peoplecount.commands import _db_check as db_check
from peoplecount.commands._by_command import this_visitor
from peoplecount.commands._doctor_camera import sign_ins_at
from peoplecount.commands._doctor_doors import site_steps
from peoplecount.commands._doctor_mail import mail_steps
from peoplecount.commands._doctor_mqtt import mqtt_steps
from peoplecount.commands._steps import show
from peoplecount.commands._table import print_table
from peoplecount.configuration import configuration
from peoplecount.data_home import data_home
from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.sign_in import MOST_FAILURES
from peoplecount.domain.visitor import Scope
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.eventlog.log import LogError, UnsuitableFolder
from peoplecount.launch import is_loopback, own_address, public_address
from peoplecount.services.api_tokens import ApiTokens, TokenRefused
from peoplecount.services.camera_desk import EnteredCamera, Login
from peoplecount.services.camera_import import AT_ONCE
from peoplecount.services.camera_office import CameraOffice
from peoplecount.services.fleet_remarks import sign_in_words
from peoplecount.services.folder_walk import FolderWalk
from peoplecount.services.inspection import Step, conclusion, is_well, odd
from peoplecount.services.played_clock import ClockUnavailable, PlayedClock
from peoplecount.services.stream_probe import StreamProbe
from peoplecount.services.trial import Finding, Flaw, Trial
from peoplecount.settings import Settings
from peoplecount.settings.database import DatabaseKind
from peoplecount.storage.errors import DatabaseError

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  what is listened on, not what is chosen


def run(settings: Settings, *, asks_cameras: bool) -> int:
    """Look at everything, and say what was found; 0, or 1 where something is wrong."""
    parts: list[Callable[[], bool]] = [
        lambda: _part("Settings", _settings(settings)),
        lambda: _folder(settings),
        lambda: _database(settings),
    ]
    if asks_cameras and _has_tables(settings):
        parts.append(lambda: _cameras(settings))
    if _has_tables(settings):
        parts.append(lambda: _doors(settings))
    if settings.smtp_host:
        parts.append(lambda: _part("Mail", mail_steps(settings)))
    if settings.mqtt_url:
        parts.append(lambda: _part("MQTT", mqtt_steps(settings)))
    parts.append(lambda: _service(settings))
    went_well = [part() for part in parts]
    return 0 if all(went_well) else 1


def _has_tables(settings: Settings) -> bool:
    """Whether there may be cameras; an embedded database would be made by asking for them."""
    return settings.data_dir.is_dir() or settings.database.kind is not DatabaseKind.SQLITE


def _part(name: str, steps: Iterable[Step]) -> bool:
    """Whether it is well; whatever it is, the rest is looked at, too."""
    print(name)
    taken = []
    for step in steps:
        taken.append(step)
        show(step)
    if any(step.advice for step in taken):
        print(f"  {conclusion(taken)}")
    print()
    return is_well(taken)


def _settings(settings: Settings) -> Iterator[Step]:
    yield Step("settings", "all can be read")
    for warning in settings.warnings:
        yield odd("settings", warning, f"{warning.rstrip('.')}.")
    if not settings.public_url and not is_loopback(settings.host):
        yield odd(
            "PUBLIC_URL",
            "not set",
            "PUBLIC_URL is not set: links that are sent to people lead to this machine's own address.",
        )


def _folder(settings: Settings) -> bool:
    folder = data_home(settings)
    try:
        now = PlayedClock.at(settings.clock_url).now()
        return _part("Data folder", FolderWalk(folder, settings.log_disk_budget, now).steps())
    except ClockUnavailable as error:
        return _broken("Data folder", error)
    finally:
        folder.close()


def _database(settings: Settings) -> bool:
    print("Database")
    went_well = db_check.check(settings) == 0
    print()
    return went_well


def _cameras(settings: Settings) -> bool:
    """A table of them all; a verdict is a sentence."""
    try:
        with configuration(settings) as tables, command_office(settings, tables) as office:
            cameras = office.desk.entered(this_visitor())
            print(f"Cameras ({len(cameras)})")
            with ThreadPoolExecutor(AT_ONCE) as pool:
                trials = list(pool.map(lambda one: _tried(one, office, settings), cameras))
    except (DatabaseError, LogError, UnsuitableFolder, ClockUnavailable) as error:
        return _broken("Cameras", error)
    if not cameras:
        print("  None is entered yet: python -m peoplecount camera add NAME ADDRESS\n")
        return True
    rows = [
        (one.camera.camera_id, one.camera.name, _verdict(trial)) for one, trial in zip(cameras, trials, strict=True)
    ]
    print_table(("ID", "NAME", "VERDICT"), rows)
    print()
    return all(trial is None or trial.is_fit for trial in trials)


def _doors(settings: Settings) -> bool:
    try:
        with configuration(settings) as tables:
            return _part("Door audit", list(site_steps(settings, tables)))
    except (DatabaseError, UnsuitableFolder, ClockUnavailable) as error:
        return _broken("Door audit", error)


def _broken(name: str, error: Exception) -> bool:
    print(f"{name}\n  {error}\n")
    return False


def _tried(one: EnteredCamera, office: CameraOffice, settings: Settings) -> Trial | None:
    """What came of asking it; ``None`` where it is paused. The last sign-in that may fail is left to the service."""
    if one.paused:
        return None
    camera = Login(settings.camera_user, settings.camera_password).of(one.camera)
    store, real_time = data_home(settings).store, PlayedClock()
    try:
        spent = sign_ins_at(store, camera, real_time)
    finally:
        store.close()
    if spent.held_back(real_time.now()) or len(spent.attempts) >= MOST_FAILURES - 1:
        said = f"{sign_in_words(spent, real_time.now())} It was not asked."
        return Trial((Finding(Flaw.LOCKED, said),))
    try:
        return office.desk.ask(office.desk.with_password(one), one.site)
    except ValueError as error:
        return Trial((Finding(Flaw.WRONG_PASSWORD, f"{error}."),))


def _verdict(trial: Trial | None) -> str:
    if trial is None:
        return "paused"
    if trial.findings:
        first = min(trial.findings, key=lambda finding: not finding.hinders)
        return f"{'FAULT' if first.hinders else 'remark'}: {first.sentence}"
    return "counts"


def _service(settings: Settings) -> bool:
    """The running service at its own port and, where there is one, at its public address."""
    own = own_address(settings, _EVERYWHERE.get(settings.host, settings.host), settings.port)
    with _token(settings) as headers:
        is_there = _part(f"Service at {own}", _probed(StreamProbe(own, headers, is_own=True)))
        public = public_address(settings)
        if not settings.public_url or public == own:
            return is_there
        return _part(f"Service at {public}", _probed(StreamProbe(public, headers))) and is_there


def _probed(probe: StreamProbe) -> Iterator[Step]:
    for step in probe.health():
        yield step
        if step.ends:
            return
    yield probe.stream()


@contextmanager
def _token(settings: Settings) -> Iterator[dict[str, str]]:
    """The header of a token that is good as long as this goes on; none where none can be made."""
    folder = data_home(settings)
    tokens, label = ApiTokens(folder.store, PlayedClock(REAL_TIME)), f"doctor {secrets.token_hex(4)}"
    try:
        try:
            headers = (
                {"Authorization": f"Bearer {tokens.add(label, [Scope.READ], days=1)}"} if _has_store(folder) else {}
            )
        except (LogError, TokenRefused):
            headers = {}
        try:
            yield headers
        finally:
            if headers:
                with suppress(LogError, TokenRefused):
                    tokens.revoke(label)
    finally:
        folder.close()


def _has_store(folder: DataFolder) -> bool:
    return (folder.path / "store.sqlite").is_file()

"""Cameras: add one, list them, test whether they answer, accept their certificates, or remove one."""

from __future__ import annotations

import argparse
import getpass
import sys
from dataclasses import replace
from datetime import datetime, timedelta

from peoplecount.camera_access import CameraAccess, camera_access
from peoplecount.commands import _camera_password as camera_password
from peoplecount.commands import _camera_trust as camera_trust
from peoplecount.commands._table import print_table
from peoplecount.configuration import Configuration, configuration, default_site, serials_read
from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.site import DEFAULT_SITE_ID, Site
from peoplecount.eventlog.log import UnsuitableFolder
from peoplecount.eventlog.sealer import SealBroken
from peoplecount.launch import read_settings
from peoplecount.services.fleet import id_of
from peoplecount.services.played_clock import ClockUnavailable, PlayedClock
from peoplecount.services.site_day import zone_of
from peoplecount.settings import Settings
from peoplecount.storage.camera_address import base_address
from peoplecount.storage.errors import DatabaseError, InvalidEntry
from peoplecount.sunapi.device import Device, DeviceLine
from peoplecount.sunapi.errors import CameraError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    add = tasks.add_parser("add", help="enter a camera, after asking it whether it counts")
    add.add_argument("name", help="what people call it: 'Main entrance'")
    add.add_argument("address", help="192.0.2.7, camera.example:8080 or https://192.0.2.7")
    add.add_argument("--id", help="letters, digits, _ . and -; made from the name unless given")
    add.add_argument("--user", help="its login; CAMERA_USER unless given")
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    add.add_argument("--site", default="", help="the site's name; it is made where it is missing")
    add.add_argument("--time-zone", help="of a site that is made: Europe/Zurich; TIME_ZONE unless given")
    add.add_argument("--interval", type=float, help="seconds between two polls; POLL_INTERVAL unless given")
    add.add_argument("--protocol", choices=[one.value for one in CameraProtocol], help="ask the camera unless given")
    add.add_argument(
        "--nvr-channel", type=int, metavar="N", help="ADDRESS is a recorder's, the camera is on its channel N, from 0"
    )
    add.add_argument("--untested", action="store_true", help="enter it even where it does not answer")
    add.add_argument("--trust", action="store_true", help="accept the certificate it shows without asking")
    add.add_argument("--again", action="store_true", help="enter it even where another camera is the same device")
    tasks.add_parser("list", help="the cameras that are entered")
    test = tasks.add_parser("test", help="ask cameras who they are and what they count")
    test.add_argument("camera", nargs="*", help="ids; all unless given")
    camera_trust.add_arguments(tasks.add_parser("trust", help="accept the certificates that cameras show"))
    camera_password.add_arguments(tasks.add_parser("password", help="enter a camera's password again, or a new one"))
    remove = tasks.add_parser("remove", help="forget a camera; its counts stay")
    remove.add_argument("camera", help="its id")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 0, or 1 where something was refused or a camera did not answer as it should."""
    settings = read_settings()
    tasks = {"add": _add, "list": _list, "test": _test, "trust": _trust, "password": _enter, "remove": _remove}
    try:
        with configuration(settings) as tables:
            return tasks[arguments.task](arguments, settings, tables)
    except (InvalidEntry, DatabaseError, UnsuitableFolder, SealBroken, ClockUnavailable, CameraError) as error:
        print(error, file=sys.stderr)
        return 1


def _add(arguments: argparse.Namespace, settings: Settings, tables: Configuration) -> int:
    camera = Camera(
        camera_id=arguments.id or id_of(arguments.name),
        name=arguments.name,
        address=_with_scheme(arguments.address),
        username=arguments.user or "",
        password=_password(arguments),
        poll_interval=settings.poll_interval if arguments.interval is None else arguments.interval,
        protocol=CameraProtocol(arguments.protocol) if arguments.protocol else None,
        nvr_channel=arguments.nvr_channel,
    )
    site = _site(arguments, settings, tables)
    _refuse_known(camera, tables, again=arguments.again)
    if not arguments.untested:
        with camera_access(settings) as access:
            accepted = camera_trust.accepted_certificate(camera, access, without_asking=arguments.trust)
            camera = replace(camera, certificate=accepted)
            device = _examine(camera, settings, access)
        _print_device(device)
        _print_zone(device, site)
        if not arguments.again:
            _refuse_same_device(device, settings, tables)
    tables.sites.put_site(site)
    tables.cameras.add(replace(camera, site_id=site.site_id))
    print(f"Camera {camera.camera_id} is entered; it is polled within some seconds wherever the service runs.")
    if arguments.untested and camera.address.startswith("https:"):
        print(
            "Over HTTPS it gets no password before its certificate is trusted. Unless an authority signed that, accept "
            f"it once the camera answers: python -m peoplecount camera trust {camera.camera_id}"
        )
    return 0


def _with_scheme(address: str) -> str:
    return address if "://" in address else f"http://{address}"


def _password(arguments: argparse.Namespace) -> str:
    """Never from the command line, where every user of the machine can read it."""
    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if arguments.user and sys.stdin.isatty():
        return getpass.getpass(f"Password of {arguments.user}: ")
    return ""


def _site(arguments: argparse.Namespace, settings: Settings, tables: Configuration) -> Site:
    """The site that was named, as it is or is to be made; the default one unless one was."""
    wanted = arguments.site or DEFAULT_SITE_ID
    for site in (*tables.sites.sites(), default_site(settings)):
        if wanted in (site.name, site.site_id):
            return site
    return Site(id_of(wanted), wanted, arguments.time_zone or settings.time_zone)


def _refuse_known(camera: Camera, tables: Configuration, *, again: bool) -> None:
    """Before the camera is asked: what can be known without it."""
    try:
        address = base_address(camera.address)
    except ValueError as error:
        raise InvalidEntry(f"camera {camera.camera_id!r}: {error}") from error
    for other in tables.cameras.cameras():
        if other.camera_id == camera.camera_id:
            raise InvalidEntry(f"there is a camera {camera.camera_id!r} already; give this one another --id")
        if (other.address, other.nvr_channel) == (address, camera.nvr_channel) and not again:
            raise InvalidEntry(
                f"the camera at {camera.address} is entered already, as {other.camera_id}; everybody would be counted "
                "twice (--again enters it all the same)"
            )


def _refuse_same_device(device: Device, settings: Settings, tables: Configuration) -> None:
    entered = {camera.camera_id for camera in tables.cameras.cameras()}
    for camera_id, serial in serials_read(settings).items():
        if camera_id in entered and serial and serial == device.info.identity:
            raise InvalidEntry(
                f"this device, serial {serial}, is entered already, as {camera_id}; everybody would be counted twice "
                "(--again enters it all the same)"
            )


def _print_zone(device: Device, site: Site) -> None:
    """A camera whose day turns at another hour than its site's makes two truths of one midnight."""
    offset = datetime.now(zone_of(site)).utcoffset()
    if offset is not None and offset != device.utc_offset:
        theirs, ours = _hours(device.utc_offset), _hours(offset)
        print(f"  PROBLEM: its clock is {theirs} from UTC, but the site {site.name} in {site.time_zone} is {ours}:")
        print("           set the camera's zone, or the site's (--time-zone, TIME_ZONE)")


def _hours(offset: timedelta) -> str:
    minutes = int(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _list(arguments: argparse.Namespace, settings: Settings, tables: Configuration) -> int:  # noqa: ARG001
    sites = {site.site_id: site.name for site in (default_site(settings), *tables.sites.sites())}
    rows = [
        (one.camera_id, one.name, _where(one), sites.get(one.site_id, one.site_id), f"{one.poll_interval:g} s")
        for one in tables.cameras.cameras()
    ]
    if rows:
        print_table(("ID", "NAME", "ADDRESS", "SITE", "POLLED EVERY"), rows)
    else:
        print("No cameras yet: python -m peoplecount camera add NAME ADDRESS")
    return 0


def _where(camera: Camera) -> str:
    channel = "" if camera.nvr_channel is None else f" channel {camera.nvr_channel}"
    return f"{camera.address}{channel}"


def _test(arguments: argparse.Namespace, settings: Settings, tables: Configuration) -> int:
    cameras = {camera.camera_id: camera for camera in tables.cameras.cameras()}
    unknown = [camera_id for camera_id in arguments.camera if camera_id not in cameras]
    if unknown:
        raise InvalidEntry(f"there is no camera {', '.join(unknown)}; `camera list` shows those there are")
    failed = 0
    with camera_access(settings) as access:
        for camera_id in arguments.camera or cameras:
            print(f"{camera_id}  {cameras[camera_id].name}")
            try:
                device = _examine(cameras[camera_id], settings, access)
                _print_device(device)
                camera_trust.print_certificate(replace(cameras[camera_id], address=device.address), access)
            except CameraError as error:
                print(f"  FAILED: {error}")
                failed += 1
    return 1 if failed else 0


def _trust(arguments: argparse.Namespace, settings: Settings, tables: Configuration) -> int:
    with camera_access(settings) as access:
        return camera_trust.run(arguments, tables.cameras, access)


def _enter(arguments: argparse.Namespace, settings: Settings, tables: Configuration) -> int:
    password = sys.stdin.readline().rstrip("\r\n") if arguments.password_stdin else getpass.getpass("Password: ")
    return camera_password.run(arguments, settings, tables, password)


def _remove(arguments: argparse.Namespace, settings: Settings, tables: Configuration) -> int:  # noqa: ARG001
    tables.cameras.remove(arguments.camera)
    print(f"Camera {arguments.camera} is forgotten; what it counted stays in the database.")
    return 0


def _examine(camera: Camera, settings: Settings, access: CameraAccess) -> Device:
    if not camera.username:
        camera = replace(camera, username=settings.camera_user, password=settings.camera_password)
    client = access.client(camera, PlayedClock.at(settings.clock_url))
    try:
        return client.examine()
    finally:
        client.close()


def _print_device(device: Device) -> None:
    info = device.info
    print(
        f"  {info.model or 'unknown model'}, serial {info.identity or 'unknown'}, firmware {info.firmware or 'unknown'}"
    )
    print(f"  counts by the {device.protocol.value} interface, {device.requests_per_poll} request(s) a poll")
    print(f"  its clock shows {device.local_time:%Y-%m-%d %H:%M:%S} and is {device.clock_error:+.0f} s off")
    for channel in device.channels:
        for line in channel.lines:
            print(f"  line {line.key} {line.name or '(no name)'}: {_line_words(line)}")
    for problem in device.problems:
        print(f"  PROBLEM: {problem}")


def _line_words(line: DeviceLine) -> str:
    if not line.enabled:
        return "switched off in the camera"
    if line.totals is None:
        return "no counts given"
    return f"{line.totals.in_total} in, {line.totals.out_total} out since its midnight"

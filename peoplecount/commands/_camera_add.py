"""Entering a camera, and changing one."""

from __future__ import annotations

import argparse
import getpass
import sys
from dataclasses import replace

from peoplecount.commands._agreement import agrees
from peoplecount.commands._by_command import this_visitor
from peoplecount.commands._camera_print import certificate_words, print_trial
from peoplecount.configuration import Configuration
from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.site import DEFAULT_SITE_ID, Site
from peoplecount.services.camera_desk import CameraDesk
from peoplecount.services.camera_entry import read_entry
from peoplecount.services.camera_office import CameraOffice
from peoplecount.services.fleet import id_of
from peoplecount.services.trial import Trial
from peoplecount.settings import Settings
from peoplecount.storage.errors import InvalidEntry
from peoplecount.sunapi.errors import CameraError

_OPTIONS = {"user": "user", "interval": "interval", "protocol": "protocol", "nvr_channel": "nvr_channel"}


def add_adding(parser: argparse.ArgumentParser) -> None:
    """Add what ``camera add`` takes."""
    parser.add_argument("name", help="what people call it: 'Main entrance'")
    parser.add_argument("address", help="192.0.2.7, camera.example:8080 or https://192.0.2.7")
    parser.add_argument("--id", help="letters, digits, _ . and -; made from the name unless given")
    parser.add_argument("--time-zone", help="of a site that is made: Europe/Zurich; TIME_ZONE unless given")
    _add_common(parser)
    parser.add_argument("--again", action="store_true", help="enter it even where another camera is the same device")


def add_changing(parser: argparse.ArgumentParser) -> None:
    """Add what ``camera set`` takes."""
    parser.add_argument("camera", help="its id")
    parser.add_argument("--name", help="what people call it")
    parser.add_argument("--address", help="where it answers")
    _add_common(parser)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--user", help="its login; CAMERA_USER unless given")
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    parser.add_argument("--site", default="", help="the site's name; add makes it where it is missing")
    parser.add_argument("--interval", help="seconds between two polls; POLL_INTERVAL unless given")
    parser.add_argument("--protocol", choices=[one.value for one in CameraProtocol], help="ask the camera unless given")
    parser.add_argument(
        "--nvr-channel", metavar="N", help="ADDRESS is a recorder's, the camera is on its channel N, from 0"
    )
    parser.add_argument("--untested", action="store_true", help="enter it even where it does not answer")
    parser.add_argument("--trust", action="store_true", help="accept the certificate it shows without asking")


def add(arguments: argparse.Namespace, settings: Settings, tables: Configuration, office: CameraOffice) -> int:
    """Enter a camera, after asking it. Raises ``InvalidEntry``, ``DatabaseError`` and ``CameraError``."""
    by = this_visitor()
    site = _site_to_be(arguments, settings, office.desk)
    texts = _texts(arguments) | {"id": arguments.id or id_of(arguments.name), "password": _password(arguments)}
    camera = read_entry(texts, default_interval=settings.poll_interval, site_id=site.site_id)
    office.desk.demand_network(camera)
    if not arguments.again:
        office.desk.refuse_double(by, camera)
    trial = None
    if not arguments.untested:
        camera, trial = _tried(camera, site, office.desk, without_asking=arguments.trust)
    if not arguments.again:
        office.desk.refuse_double(by, camera, trial)
    tables.sites.put_site(site)
    office.desk.add(by, camera, trial, again=True)
    print(f"Camera {camera.camera_id} is entered; it is polled within some seconds wherever the service runs.")
    if arguments.untested and camera.address.startswith("https:"):
        print(
            "Over HTTPS it gets no password before its certificate is trusted. Unless an authority signed that, accept "
            f"it once the camera answers: python -m peoplecount camera trust {camera.camera_id}"
        )
    return 0


def change(arguments: argparse.Namespace, settings: Settings, _tables: Configuration, office: CameraOffice) -> int:
    """Change what is given of a camera, after asking it. Raises what ``add`` raises."""
    by, desk = this_visitor(), office.desk
    before = desk.find(by, arguments.camera)
    texts, password = _texts(arguments), _password(arguments, asks=False)
    if not (texts or password or arguments.site):
        raise InvalidEntry("nothing is to be changed: give --name, --address, --user, --password-stdin, --site, …")
    site = _entered_site(arguments.site, desk) if arguments.site else before.site
    known = desk.with_password(before)
    texts["password"] = password
    camera = read_entry(texts, default_interval=settings.poll_interval, known=known, site_id=site.site_id)
    trial = None
    if not arguments.untested and _is_asked_otherwise(camera, known):
        camera, trial = _tried(camera, site, desk, without_asking=arguments.trust)
    desk.change(by, camera, before.version, trial, keeps_password=camera.password == known.password)
    print(f"Camera {camera.camera_id} is changed; the service takes it up within some seconds.")
    return 0


def _is_asked_otherwise(camera: Camera, known: Camera) -> bool:
    names = ("address", "username", "password", "protocol", "nvr_channel")
    return any(getattr(camera, name) != getattr(known, name) for name in names)


def _texts(arguments: argparse.Namespace) -> dict[str, str]:
    """The fields that were given."""
    names = ("name", "address", *_OPTIONS)
    return {name: value for name in names if (value := getattr(arguments, name)) is not None}


def _password(arguments: argparse.Namespace, *, asks: bool = True) -> str:
    """Never from the command line, where every user of the machine can read it."""
    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if asks and arguments.user and sys.stdin.isatty():
        return getpass.getpass(f"Password of {arguments.user}: ")
    return ""


def _site_to_be(arguments: argparse.Namespace, settings: Settings, desk: CameraDesk) -> Site:
    """The site that was named, as it is or is to be made; the default one unless one was."""
    wanted = arguments.site or DEFAULT_SITE_ID
    for site in desk.sites(this_visitor()).values():
        if wanted in (site.name, site.site_id):
            return site
    return Site(id_of(wanted), wanted, arguments.time_zone or settings.time_zone)


def _entered_site(wanted: str, desk: CameraDesk) -> Site:
    sites = desk.sites(this_visitor())
    for site in sites.values():
        if wanted in (site.name, site.site_id):
            return site
    raise InvalidEntry(f"there is no site {wanted[:64]!r}; there are {', '.join(sites)}")


def _tried(camera: Camera, site: Site, desk: CameraDesk, *, without_asking: bool) -> tuple[Camera, Trial]:
    """The camera with the certificate that was accepted, and what it says. Raises ``CameraError`` if it is not fit."""
    trial = desk.ask(camera, site)
    if trial.awaits_certificate:
        print(f"  its certificate: {certificate_words(trial)}")
        if not (without_asking or agrees("Nobody vouches for it. Is it the camera's own, and accepted from now on?")):
            raise InvalidEntry(
                "the camera's certificate is not accepted, so that it gets no password (--trust accepts it)"
            )
        camera = replace(camera, certificate=trial.fingerprint)
        trial = desk.ask(camera, site)
    hindrance = next((finding.sentence for finding in trial.findings if finding.hinders), "")
    if hindrance:
        raise CameraError(camera.camera_id, f"{hindrance} (--untested enters it all the same)")
    print_trial(trial)
    return camera, trial

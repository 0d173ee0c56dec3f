"""Try the system without cameras: invented people walk past virtual cameras, and the dashboard counts them.

Starts the simulator and the service as children with an environment of their own, so that no database, camera,
mail or webhook that is configured on this machine is touched. Everything it keeps lies in ``var/demo``.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import types
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from peoplecount.demo_children import Children
from peoplecount.demo_town import keep_zone, town_zone, where_it_lies
from peoplecount.launch import CannotStart, demand_free, demand_loopback, http_address
from peoplecount.program_files import program_files
from peoplecount.settings import Settings, load_settings
from peoplecount.settings.table import by_name

if TYPE_CHECKING:
    from peoplecount.eventlog.data_folder import DataFolder

FOLDER = Path("var", "demo")

_KEPT = frozenset(
    [
        *("PATH", "HOME", "USER", "LANG", "TZ", "TERM", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH"),
        *("HOST", "PORT", "TIME_ZONE", "LOG_LEVEL"),
    ]
)
"""All that the children get of this environment. Proxies are not among it, nor is any credential."""

_NEAR = {
    "WEBHOOK_NETWORKS": "127.0.0.1, ::1",
    "WEBHOOK_HOSTS": f"localhost, {by_name()['WEBHOOK_HOSTS'].default}",
    "CAMERA_NETWORKS": "0.0.0.0/0, ::/0",
}
"""Where webhooks of the demo may lead: to flows, as usual, and to this machine, so that they can be tried; and where
cameras may be: everywhere, this machine included, which has the virtual ones. Only administrators enter addresses, and
the link that makes one is shown at this machine, to whoever started the demo."""

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class _Ended(BaseException):
    """Somebody wants the demo to end; no ordinary handler may swallow it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command has no options: HOST and PORT in the environment are heeded."""
    parser.epilog = (
        "HOST, PORT and, where a demo begins, TIME_ZONE of the environment are heeded; nothing else is, nor is .env."
    )


def run(arguments: argparse.Namespace) -> int:  # noqa: ARG001  every command gets them
    """Start everything, say where to look, and end everything on Ctrl-C."""
    environment = demo_environment(os.environ)
    settings = load_settings(environment, env_file=None)
    demand_loopback(settings.host)
    demand_free(settings.host, settings.port)
    chosen = environment.get("TIME_ZONE", "")
    environment["TIME_ZONE"] = town_zone(FOLDER.absolute(), chosen, settings.time_zone, datetime.now(UTC))
    settings = load_settings(environment, env_file=None)
    children = Children(environment, FOLDER.absolute())
    _end_on_signals()
    try:
        _start(children, settings)
        children.watch()
    except _Ended:
        return 0
    finally:
        _ignore_signals()
        children.end()


def demo_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of everything the demo starts."""
    kept = {name: value for name, value in environ.items() if name in _KEPT or name.startswith("LC_")}
    places = {"DATA_DIR": str(FOLDER.absolute()), "PYTHONPATH": str(program_files())}
    ours = {"PEOPLECOUNT_DEMO": "1", "POLL_INTERVAL": "2"} | places
    return {"LOG_LEVEL": "WARNING"} | kept | ours | _NEAR


def _start(children: Children, settings: Settings) -> None:
    from peoplecount.configuration import register_fleet  # noqa: PLC0415  heavy: after the quick refusals above
    from peoplecount.eventlog.data_folder import DataFolder  # noqa: PLC0415
    from peoplecount.eventlog.log import LogError  # noqa: PLC0415
    from peoplecount.eventlog.sealer import SealBroken  # noqa: PLC0415
    from peoplecount.storage.errors import DatabaseError, InvalidEntry  # noqa: PLC0415

    print("Starting virtual cameras and the service …", flush=True)
    try:
        folder = DataFolder.at(FOLDER.absolute())
        folder.make()
        if not folder.leader_lock.try_acquire():
            raise CannotStart(
                f"A demo runs already and has its data in {folder.path}: look at that one, or end it first"
            )
        folder.leader_lock.release()
        keep_zone(folder.path, settings.time_zone)
        *fleet, spare = children.start_simulator(settings.time_zone)
        register_fleet(settings, fleet)
        link = _administrator_link(settings, folder)
    except (LogError, DatabaseError, InvalidEntry, SealBroken) as error:
        raise CannotStart(f"The demo cannot use {FOLDER.absolute()} ({error}): delete that, it begins anew") from error
    children.start_service(settings.host, settings.port)
    address = http_address(settings.host, settings.port)
    print(f"\n  The dashboard is at {address}\n  The people in it are invented. Ctrl-C ends the demo.")
    print(f"  {where_it_lies(settings.time_zone, datetime.now(UTC), FOLDER)}")
    print(
        f"  Whoever sits at this machine may look. This link, good once, makes an administrator:\n  {link}\n"
        f"  A camera to add by hand: {spare['address']}  user {spare['username']}  password {spare['password']}\n"
        "  Commands for this demo, in another terminal:\n"
        f"    cd {shlex.quote(str(Path.cwd()))}\n"
        f"    {_settings_in_words(settings)} {_this_python()} -m peoplecount …\n",
        flush=True,
    )


def _settings_in_words(settings: Settings) -> str:
    """What a command is told to work on this demo; the settings of its children, as far as commands heed them."""
    told = {"CAMERA_NETWORKS": "127.0.0.1", "DATA_DIR": str(FOLDER), "PORT": str(settings.port)}
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in told.items())


def _this_python() -> str:
    """The Python that has what is needed, as a shell in this folder is told it."""
    path = Path(sys.executable)
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def _administrator_link(settings: Settings, folder: DataFolder) -> str:
    from peoplecount.people import accounts_in, welcome_link  # noqa: PLC0415  heavy

    try:
        return welcome_link(settings, accounts_in(folder).links.make())
    finally:
        folder.close()


def _end_on_signals() -> None:
    def end(number: int, frame: types.FrameType | None) -> None:  # noqa: ARG001  the shape of a handler
        _ignore_signals()  # once is enough: what follows ends the children in order
        raise _Ended

    for number in _SIGNALS:
        signal.signal(number, end)


def _ignore_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    sys.stdout.flush()

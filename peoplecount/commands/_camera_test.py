"""Asking cameras who they are and what they count: some in detail, or all in a table."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from peoplecount.commands._by_command import this_visitor
from peoplecount.commands._camera_print import print_trial
from peoplecount.commands._table import print_table
from peoplecount.configuration import Configuration
from peoplecount.services.camera_desk import EnteredCamera
from peoplecount.services.camera_import import AT_ONCE
from peoplecount.services.camera_office import CameraOffice
from peoplecount.services.trial import Finding, Flaw, Trial
from peoplecount.settings import Settings
from peoplecount.storage.errors import InvalidEntry


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``camera test`` takes."""
    parser.add_argument("camera", nargs="*", help="ids; all unless given")
    parser.add_argument("--all", action="store_true", help="all cameras, in a table")


def run(arguments: argparse.Namespace, _settings: Settings, _tables: Configuration, office: CameraOffice) -> int:
    """Ask them, some at a time; 1 where one would not count. Raises ``InvalidEntry`` and ``DatabaseError``."""
    if arguments.all and arguments.camera:
        raise InvalidEntry("say which cameras: their ids, or --all")
    chosen = _chosen(arguments.camera, office)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        trials = list(pool.map(lambda one: _tried(one, office), chosen))
    if arguments.all:
        _print_table(chosen, trials)
    else:
        for one, trial in zip(chosen, trials, strict=True):
            print(f"{one.camera.camera_id}  {one.camera.name}{' (paused)' if one.paused else ''}")
            print_trial(trial)
    return 0 if all(trial.is_fit for trial in trials) else 1


def _chosen(wanted: Sequence[str], office: CameraOffice) -> list[EnteredCamera]:
    cameras = {one.camera.camera_id: one for one in office.desk.entered(this_visitor())}
    unknown = [camera_id for camera_id in wanted if camera_id not in cameras]
    if unknown:
        raise InvalidEntry(f"there is no camera {', '.join(unknown)}; `camera list` shows those there are")
    return [cameras[camera_id] for camera_id in wanted or sorted(cameras)]


def _tried(one: EnteredCamera, office: CameraOffice) -> Trial:
    try:
        camera = office.desk.with_password(one)
    except ValueError as error:  # sealed with another key
        return Trial((Finding(Flaw.WRONG_PASSWORD, f"{error}."),))
    return office.desk.ask(camera, one.site)


def _print_table(chosen: Sequence[EnteredCamera], trials: Sequence[Trial]) -> None:
    rows = [
        (one.camera.camera_id, one.camera.name, _state(trial), trial.model, _lines(trial), _clock(trial))
        for one, trial in zip(chosen, trials, strict=True)
    ]
    if not rows:
        print("No cameras yet: python -m peoplecount camera add NAME ADDRESS")
        return
    print_table(("ID", "NAME", "STATE", "MODEL", "LINES", "CLOCK"), rows)
    said = [(one, finding) for one, trial in zip(chosen, trials, strict=True) for finding in trial.findings]
    if said:
        print()
    for one, finding in said:
        print(f"{one.camera.camera_id}: {finding.sentence}")
    fit = sum(trial.is_fit for trial in trials)
    print(f"\n{fit} of {len(rows)} cameras count.")


def _state(trial: Trial) -> str:
    hindrance = next((finding.flaw.value for finding in trial.findings if finding.hinders), "")
    return hindrance.upper() or ("counts, but" if trial.findings else "counts")


def _lines(trial: Trial) -> str:
    counting = sum(line.entered is not None for line in trial.lines)
    return f"{counting} of {len(trial.lines)}" if trial.protocol else ""


def _clock(trial: Trial) -> str:
    return f"{trial.clock_error:+.0f} s" if trial.clock else ""

"""Cameras out of a file, and into one."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from peoplecount.commands._agreement import agrees
from peoplecount.commands._by_command import this_visitor
from peoplecount.commands._camera_print import fingerprint_words
from peoplecount.configuration import Configuration
from peoplecount.services.camera_import import ImportOptions, Outcome, Verdict
from peoplecount.services.camera_office import CameraOffice
from peoplecount.services.camera_sheet import COLUMNS, SheetRefused, SheetRow, read_sheet, write_sheet
from peoplecount.services.sheet_lines import COLUMNS as LINE_COLUMNS
from peoplecount.settings import Settings
from peoplecount.storage.errors import InvalidEntry


def add_importing(parser: argparse.ArgumentParser) -> None:
    """Add what ``camera import`` takes."""
    columns = ", ".join((*COLUMNS, *LINE_COLUMNS))
    parser.add_argument("file", type=Path, help=f"CSV whose first row names its columns: {columns}")
    parser.add_argument("--dry-run", action="store_true", help="look at everything, ask the cameras, enter nothing")
    parser.add_argument("--update", action="store_true", help="change cameras that are there already, and otherwise")
    parser.add_argument(
        "--make-sites", action="store_true", help="make sites that are missing, in TIME_ZONE unless time_zone says"
    )
    parser.add_argument("--trust", action="store_true", help="accept the certificates that cameras show without asking")
    parser.add_argument("--untested", action="store_true", help="enter cameras without asking them")
    parser.add_argument("--report", type=Path, help="where the verdicts go; FILE.verdicts.csv unless given")


def add_exporting(parser: argparse.ArgumentParser) -> None:
    """Add what ``camera export`` takes."""
    parser.add_argument("file", type=Path, nargs="?", help="where it goes; standard output unless given")
    parser.add_argument("--with-secrets", action="store_true", help="with the passwords, in clear text")


def run_import(arguments: argparse.Namespace, _settings: Settings, _tables: Configuration, office: CameraOffice) -> int:
    """Import; 0 where every camera of the file is in. Raises ``InvalidEntry``, ``DatabaseError`` and ``LogError``."""
    try:
        rows = read_sheet(arguments.file.read_bytes())
    except OSError as error:
        raise InvalidEntry(f"{arguments.file} cannot be read: {error.strerror}") from error
    except SheetRefused as error:
        raise InvalidEntry(f"{arguments.file}: {error}") from error
    options = ImportOptions(
        dry_run=arguments.dry_run,
        update=arguments.update,
        make_sites=arguments.make_sites,
        trust=arguments.trust,
        untested=arguments.untested,
    )
    report = arguments.report or arguments.file.with_name(f"{arguments.file.name}.verdicts.csv")
    verdicts: dict[int, Verdict] = {}
    try:
        _take(rows, options, office, verdicts)
        _take_accepted(rows, options, office, verdicts)
    finally:  # what is known is written down, whatever ends it
        _write_report(report, verdicts)
    _print_sum(verdicts, report)
    return 0 if all(verdict.is_well for verdict in verdicts.values()) else 1


def _take(rows: Sequence[SheetRow], options: ImportOptions, office: CameraOffice, verdicts: dict[int, Verdict]) -> None:
    for verdict in office.imports.run(this_visitor(), rows, options):
        verdicts[verdict.row] = verdict
        _print_verdict(verdict)


def _take_accepted(
    rows: Sequence[SheetRow], options: ImportOptions, office: CameraOffice, verdicts: dict[int, Verdict]
) -> None:
    """Those whose certificate somebody has to accept, with one answer for all."""
    waiting = [verdict for verdict in verdicts.values() if verdict.outcome is Outcome.CERTIFICATE]
    if not waiting:
        return
    print("\nNobody vouches for the certificates of:")
    for verdict in waiting:
        print(f"  {verdict.camera_id}  {fingerprint_words(verdict.fingerprint)} ({verdict.certificate})")
    if not agrees(f"Are these {len(waiting)} the cameras' own, and accepted from now on?"):
        print("None was accepted; --trust accepts without asking.")
        return
    accepted = {verdict.camera_id: verdict.fingerprint for verdict in waiting}
    again = {verdict.row for verdict in waiting}
    _take([row for row in rows if row.number in again], replace(options, accepted=accepted), office, verdicts)


def _print_verdict(verdict: Verdict) -> None:
    print(f"row {verdict.row}  {verdict.camera_id}  {verdict.outcome.value}", flush=True)
    for sentence in verdict.sentences:
        print(f"  {sentence}", flush=True)


def _print_sum(verdicts: dict[int, Verdict], report: Path) -> None:
    counted = Counter(verdict.outcome for verdict in verdicts.values())
    parts = ", ".join(f"{counted[outcome]} {outcome.value}" for outcome in Outcome if counted[outcome])
    print(f"\n{len(verdicts)} rows: {parts or 'none'}. The verdicts are in {report}.")


def _write_report(report: Path, verdicts: dict[int, Verdict]) -> None:
    try:
        with report.open("w", encoding="utf-8-sig", newline="") as file:  # Excel takes it for UTF-8 by its mark
            writer = csv.writer(file)
            writer.writerow(("row", "id", "name", "verdict", "what to do"))
            for row in sorted(verdicts):
                one = verdicts[row]
                writer.writerow((row, one.camera_id, one.name, one.outcome.value, " ".join(one.sentences)))
    except OSError as error:
        print(f"{report} cannot be written: {error.strerror}", file=sys.stderr)


def run_export(arguments: argparse.Namespace, _settings: Settings, _tables: Configuration, office: CameraOffice) -> int:
    """Export. Raises ``InvalidEntry``, ``DatabaseError`` and ``SealBroken``."""
    entered = office.desk.entered(this_visitor())
    passwords = None
    if arguments.with_secrets:
        passwords = {one.camera.camera_id: office.desk.with_password(one).password for one in entered}
    text = write_sheet(entered, office.lines.doors(this_visitor()), passwords)
    if arguments.file is None:
        print(text, end="")
        return 0
    try:
        # Nobody else's to read, from the first byte on.
        descriptor = os.open(arguments.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise InvalidEntry(f"{arguments.file} is there already: name another file, or remove it") from error
    except OSError as error:
        raise InvalidEntry(f"{arguments.file} cannot be written: {error.strerror}") from error
    with open(descriptor, "w", encoding="utf-8-sig", newline="") as file:
        file.write(text)
    print(f"{len(entered)} cameras are in {arguments.file}.")
    return 0

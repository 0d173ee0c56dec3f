"""The whole service under blows, and whether its numbers are right afterwards.

Plays the service as users run it, PostgreSQL behind a proxy, 20 virtual cameras and a client of the stream, lets
everything go wrong that the seed says, and then asks everybody for every line and day. Rounds of two minutes follow
each other in fresh folders; each can be played again alone. The exit status is 1 where somebody gives a wrong figure
without saying that it is unknown.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.blow import BlowKind
from tests.chaos.janitor import Janitor
from tests.chaos.round import Outcome, play, report
from tests.chaos.round_table import RoundTable, in_words
from tests.chaos.schedule import CAMERAS, ROUND_SECONDS, SPEED, Round, plan_rounds
from tests.support import postgres
from tests.support.postgres import PostgresServer

INTERRUPTED = 130


def main() -> int:
    """0 where everybody agrees or says what is unknown, 1 where not, 2 where it cannot be played."""
    asked = _arguments()
    binaries = postgres.binaries()
    if binaries is None:
        return _refuse("PostgreSQL is not installed (Debian and Ubuntu: apt install postgresql)")
    try:
        table = RoundTable(asked.seed, asked.resume)
        rounds = list(plan_rounds(asked.seed, asked.minutes, speed=asked.speed, cameras=asked.cameras))
    except ValueError as error:
        return _refuse(str(error))
    if asked.round is not None:
        rounds = [planned for planned in rounds if planned.number == asked.round]
    if asked.only:
        rounds = [planned.only(asked.only) for planned in rounds]
    if asked.plan:
        for planned in rounds:
            _say(_in_words(planned))
        return 0
    rounds = [planned for planned in rounds if not table.holds(planned.number)]
    return _play_all(rounds, table, binaries, keep=asked.keep)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run.sh chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=ROUND_SECONDS / 60, metavar="N", help="how long (2)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="other blows for another number (1)")
    parser.add_argument("--round", type=int, metavar="K", help="play this round alone")
    parser.add_argument(
        "--resume", type=Path, metavar="FILE", help="keep the rounds' table there; those it holds are not played again"
    )
    parser.add_argument("--plan", action="store_true", help="print what would fall when, and play nothing")
    parser.add_argument("--keep", action="store_true", help="keep what good rounds leave behind, too")
    parser.add_argument(
        "--only",
        action="append",
        metavar="BLOW",
        help=f"leave all other blows out; may be repeated: {', '.join(BlowKind)}, or 'camera: ' and a fault",
    )
    parser.add_argument("--cameras", type=int, default=CAMERAS, metavar="N", help=f"how many cameras ({CAMERAS})")
    parser.add_argument("--speed", type=float, default=SPEED, metavar="N", help=f"played seconds in one ({SPEED:g})")
    return parser.parse_args()


def _refuse(reason: str) -> int:
    print(f"chaos: {reason}", file=sys.stderr)
    return 2


def _play_all(rounds: list[Round], table: RoundTable, binaries: Path, *, keep: bool) -> int:
    root = Path(tempfile.mkdtemp(prefix="peoplecount-chaos-"))
    try:
        with _stops_in_order(), Janitor() as janitor, postgres.running_postgres(binaries) as server:
            janitor.group(server.process.pid)
            janitor.folder(server.folder)
            for planned in rounds:
                _say(_in_words(planned))
                folder = root / f"round-{planned.number}"
                folder.mkdir()
                outcome = _play(planned, folder, server, janitor, keep=keep)
                table.add(outcome.line())
                _say("\n".join(report(outcome)))
                _keep_or_remove(folder, keep=keep or not outcome.is_good)
    except KeyboardInterrupt:
        shutil.rmtree(root)
        _say("\ninterrupted; everything that was started has ended")
        return INTERRUPTED
    finally:
        if root.exists() and not any(root.iterdir()):
            root.rmdir()
        _say("\n" + "\n".join(in_words(table.lines)))
    return 0 if table.is_good else 1


def _play(planned: Round, folder: Path, server: PostgresServer, janitor: Janitor, *, keep: bool) -> Outcome:
    """Play a round; one that cannot be played to its end is a bad one, and the next one is played all the same."""
    try:
        return play(planned, folder, server, janitor, _say, keep=keep)
    except Exception:  # noqa: BLE001 - whatever it is, it is told
        outcome = Outcome(planned.number)
        outcome.doubts.append(traceback.format_exc())
        return outcome


@contextmanager
def _stops_in_order() -> Iterator[None]:
    """SIGTERM and SIGHUP end a run as Ctrl-C does, and so does SIGINT where a shell began it in the background."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.default_int_handler) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _keep_or_remove(folder: Path, *, keep: bool) -> None:
    if keep:
        _say(f"what the service said, its log, its database and what the stream sent are kept in {folder}")
    else:
        shutil.rmtree(folder)


def _in_words(planned: Round) -> str:
    title = (
        f"\nround {planned.number}: {planned.seconds:g} s at {planned.speed:g} times the speed, "
        f"{planned.starts_at:%Y-%m-%d %H:%M} to {planned.ends_at:%Y-%m-%d %H:%M} UTC"
    )
    return "\n".join([title, *(f"  {blow}" for blow in planned.blows)])


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""``./run.sh fuzz``: spoiled inputs for every parser, spoiled requests for every address.

Exit code 1 where one crashes, hangs, makes something up or tells what it must not.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings

from tests.fuzz.every_address import Answers, ask
from tests.fuzz.run import Report, fuzz
from tests.fuzz.targets import targets


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run.sh fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, metavar="N", help="how many in all (100000)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="other inputs for another number (1)")
    parser.add_argument("--only", default="", metavar="NAME", help="parsers with this in their name")
    parser.add_argument("--requests", type=int, default=5_000, metavar="N", help="how many to the service (5000)")
    arguments = parser.parse_args()
    warnings.simplefilter("error")
    chosen = [target for target in targets() if arguments.only in target.name]
    begun = time.monotonic()
    report = fuzz(chosen, arguments.inputs, arguments.seed)
    _print(report, time.monotonic() - begun)
    begun = time.monotonic()
    answers = Answers() if arguments.only else ask(arguments.requests, arguments.seed)
    _print_answers(answers, time.monotonic() - begun)
    return 1 if report.failures or answers.failures else 0


def _print(report: Report, seconds: float) -> None:
    print(f"{'parser':36} {'inputs':>8} {'parsed':>8} {'slowest ms':>11}")
    for name, inputs in report.inputs.items():
        print(f"{name:36} {inputs:8} {report.taken[name]:8} {report.slowest[name] * 1000:11.1f}")
    print(f"{sum(report.inputs.values())} inputs to {len(report.inputs)} parsers in {seconds:.0f} s")
    for failure in report.failures[:20]:
        print(f"\n{failure.target} {failure.what}\n  {failure.given[:400]!r}", file=sys.stderr)
    if report.failures:
        print(f"\n{len(report.failures)} failures", file=sys.stderr)
    else:
        print("None crashed, none hung, and no count was made up.")


def _print_answers(answers: Answers, seconds: float) -> None:
    if not answers.asked:
        return
    told = ", ".join(f"{number} × {status}" for status, number in sorted(answers.statuses.items()))
    print(f"\n{answers.asked.total()} requests to {len(answers.asked)} addresses in {seconds:.0f} s: {told}")
    for failure in answers.failures[:20]:
        print(f"\n{failure}", file=sys.stderr)
    if answers.failures:
        print(f"\n{len(answers.failures)} failures", file=sys.stderr)
    else:
        print("None crashed the service, none was told a secret, and nothing that was sent ran or became a header.")


if __name__ == "__main__":
    sys.exit(main())

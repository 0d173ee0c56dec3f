"""``./run.sh sbom``: what the service is made of, as CycloneDX; exit code 1 where a licence must not be taken."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.sbom.bill import VERSION, bill_of
from tests.sbom.licences import LicenceUnknown
from tests.sbom.materials import materials


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run.sh sbom", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("sbom.cdx.json"), metavar="FILE", help="(sbom.cdx.json)")
    parser.add_argument("--licences", action="store_true", help="list the licences, and write nothing")
    arguments = parser.parse_args()
    try:
        found = materials()
    except LicenceUnknown as error:
        print(error, file=sys.stderr)
        return 1
    strange = {one.name: one.strange_licences for one in found if one.strange_licences}
    for name, licences in strange.items():
        print(f"{name}: {', '.join(licences)} is not among the licences of tests/sbom/licences.py", file=sys.stderr)
    if arguments.licences:
        for one in sorted(found, key=lambda one: one.name):
            print(f"{one.name:24} {one.version:14} {one.licence}")
    else:
        arguments.output.write_text(bill_of(found) + "\n", encoding="utf-8")
        print(f"{arguments.output}: {len(found)} parts, CycloneDX {VERSION.to_version()}")
    return 1 if strange else 0


if __name__ == "__main__":
    sys.exit(main())

"""Make a support bundle: a zip with versions, settings without secrets, status, findings and sizes, to be handed on."""

from __future__ import annotations

import argparse
import sys
import warnings
from functools import partial
from pathlib import Path

import urllib3

from peoplecount.commands import _doctor_installation as doctor_installation
from peoplecount.launch import read_settings
from peoplecount.services.support_bundle import BundleRefused
from peoplecount.support import Support


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the zip that is made; there must be none yet")
    parser.add_argument(
        "--mask-addresses", action="store_true", help="put host-1, host-2 … in the place of addresses and host names"
    )
    parser.add_argument("--cameras", action="store_true", help="have doctor ask every camera, too; that takes longer")
    parser.add_argument("--log", type=Path, metavar="LOGFILE", help="put the last lines of this file in, too")


def run(arguments: argparse.Namespace) -> int:
    """Make it; 0, or 1 where it cannot be written. The service may run or not."""
    settings = read_settings()
    print("Looking at everything; this may take a minute …", flush=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            names = Support(
                settings,
                masks=arguments.mask_addresses,
                log=arguments.log,
                doctor=partial(doctor_installation.run, settings, asks_cameras=arguments.cameras),
            ).write(arguments.file)
    except BundleRefused as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{arguments.file}: {', '.join(names)}")
    named = "names" if arguments.mask_addresses else "names and addresses"
    print(f"No password, key or token is in it. Look through it before you hand it on: {named} are.")
    return 0

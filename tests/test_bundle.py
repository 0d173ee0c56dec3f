"""``./run.sh bundle``: made with the internet, installed without."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from peoplecount import __version__
from tests.support.processes import ROOT, python

if sys.platform == "win32":
    pytest.skip("bundles are for Linux", allow_module_level=True)

WITHOUT_NETWORK = ("unshare", "--map-root-user", "--net")


STRICT = 0o077
"""The umask of an administrator who lets nobody else read."""

MAY_GO_WITHOUT = (
    bool(shutil.which("unshare")) and subprocess.run([*WITHOUT_NETWORK, "true"], check=False).returncode == 0
)


@dataclass(frozen=True)
class Installed:
    """Where the program was installed, what was found there, and what else was said."""

    folder: Path
    found: dict[str, Any]
    said: str


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive, unpacked."""
    folder = tmp_path_factory.mktemp("bundle")
    subprocess.run(
        python(str(ROOT / "deploy" / "bundle.py"), "--folder", str(folder), "--extra", "mqtt", "--extra", "postgresql"),
        check=True,
    )
    (archive,) = folder.glob("peoplecount-*.tar.gz")
    with tarfile.open(archive) as packed:
        assert {entry.uname for entry in packed} == {"root"}
    subprocess.run(["tar", "xf", archive], cwd=folder, check=True)
    return folder / archive.name.removesuffix(".tar.gz")


def _install(bundle: Path, *arguments: str, umask: int = -1) -> subprocess.CompletedProcess[str]:
    install = [bundle / "install.sh", *arguments]
    return subprocess.run(install, capture_output=True, text=True, check=False, umask=umask)


@pytest.fixture(scope="module")
def installed(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """By a strict administrator, and without network where that may be."""
    folder = tmp_path_factory.mktemp("opt with blanks") / "program"
    if not MAY_GO_WITHOUT:
        told = _install(bundle, str(folder), umask=STRICT)
        return Installed(folder, {"installed": told.returncode, "said": told.stdout + told.stderr}, "")
    program = str(ROOT / "tests" / "support" / "without_network.py")
    ran = subprocess.run(
        [*WITHOUT_NETWORK, *python(program, str(bundle), str(folder), f"{STRICT:o}")],
        env={"PATH": os.environ["PATH"], "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=True,
    )
    return Installed(folder, json.loads(ran.stdout), ran.stderr)


def test_every_wheel_is_named_with_its_hash_and_every_file_in_the_sums(bundle: Path) -> None:
    wheels = list((bundle / "wheels").glob("*.whl"))
    requirements = (bundle / "requirements.txt").read_text()
    assert requirements.startswith(f"peoplecount=={__version__} --hash=sha256:")
    assert len(wheels) > 40
    assert len(wheels) <= requirements.count("==")
    listed = {line.split("  ")[1] for line in (bundle / "SHA256SUMS").read_text().splitlines()}
    files = {str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file()}
    assert listed == files - {"SHA256SUMS"}
    assert {"install.sh", ".env.example", "docs/install/debian.md"} <= files


def test_files_that_the_install_page_names_lie_where_it_says(bundle: Path) -> None:
    page = (ROOT / "docs" / "install" / "debian.md").read_text(encoding="utf-8")
    after_the_program = page[page.index("## The service") :]
    named = {word for word in after_the_program.split() if word.startswith(("deploy/", ".env.example"))}
    assert len(named) == 4
    assert [name for name in named if not (bundle / name).is_file()] == []


@pytest.mark.skipif(not MAY_GO_WITHOUT, reason="this user may not make a network namespace (unshare --net)")
def test_it_installs_and_serves_where_there_is_no_network(installed: Installed) -> None:
    found = installed.found
    assert found["installed"] == 0, found["said"]
    assert found["said"].endswith(f"peoplecount {__version__} is in {installed.folder}.\n")
    assert found["outside"] is False
    assert found["answers"] == {"/": 200, "/static/favicon.svg": 200, "/docs": 200}, installed.said


def test_a_damaged_one_is_refused_before_anything_is_made(bundle: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy)
    with next((copy / "wheels").glob("flask-*.whl")).open("ab") as wheel:
        wheel.write(b"x")
    told = _install(copy, str(tmp_path / "opt"))
    assert told.returncode == 1
    assert "The bundle is damaged" in told.stderr
    assert not (tmp_path / "opt").exists()


def test_one_for_another_machine_is_refused_in_a_sentence(bundle: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy)
    (copy / "MADE_FOR").write_text("Python 3.99 on Linux sparc64\n")
    sums = [line for line in (copy / "SHA256SUMS").read_text().splitlines() if "MADE_FOR" not in line]
    (copy / "SHA256SUMS").write_text("\n".join(sums) + "\n")
    told = _install(copy, str(tmp_path / "opt"))
    assert told.returncode == 1
    assert told.stderr.startswith("This bundle is for Python 3.99 on Linux sparc64, and here is Python 3.")
    assert not (tmp_path / "opt").exists()


def test_the_services_user_may_read_it_however_strict_the_administrators_umask_is(installed: Installed) -> None:
    program = installed.folder
    assert installed.found["installed"] == 0, installed.found["said"]
    subprocess.run([program / "bin" / "python", "-c", "import paho.mqtt, psycopg"], check=True)
    came = [path for path in program.rglob("*") if not path.is_symlink() and path.suffix != ".cache"]
    assert len(came) > 1000, "templates that the service has compiled since are its own user's"
    closed = [path for path in came if path.stat().st_mode & 0o444 != 0o444]
    assert closed == []


def test_without_a_folder_it_says_how_it_is_called(bundle: Path) -> None:
    told = _install(bundle)
    assert (told.returncode, told.stderr.startswith("Usage: ")) == (1, True)

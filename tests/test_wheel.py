"""The package as pip installs it: everything in it, nothing of the checkout needed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import requests

from peoplecount import __version__
from peoplecount.program_files import program_files
from tests.support.processes import ROOT, bare_environment, free_port, python
from tests.support.running import Process, wait_until

pytest.importorskip("hatchling", reason="hatchling is not installed (requirements-dev.txt)")


def _project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


def _canonical(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _names(requirements: list[str]) -> set[str]:
    return {_canonical(re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0]) for line in requirements}


def _pins(file: str) -> dict[str, str]:
    pins = re.findall(r"^([\w.-]+)(?:\[\w+\])?==([^\s;\\]+)", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    return {_canonical(name): version for name, version in pins}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        python("-m", "pip", "-q", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)),
        check=True,
    )
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel, and what it needs taken from this one."""
    folder = tmp_path_factory.mktemp("installed with blanks")
    subprocess.run(python("-m", "venv", "--without-pip", str(folder)), check=True)
    (packages,) = folder.glob("[Ll]ib/**/site-packages")
    (ours,) = {Path(entry) for entry in sys.path if entry.startswith(sys.prefix) and entry.endswith("site-packages")}
    (packages / "beside.pth").write_text(f"{ours}\n")
    into = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    subprocess.run(
        python("-m", "pip", "-q", f"--python={into}", "install", "--no-deps", "--no-index", str(wheel)), check=True
    )
    return into.parent


def test_it_carries_every_file_that_the_checkout_has(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("templates", "static", "translations"):
        files = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}
        assert len(files) > 1 or folder == "translations"
        assert {f"peoplecount/program/{file}" for file in files} <= inside
    ours = (path for path in (ROOT / "peoplecount").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert {path.relative_to(ROOT).as_posix() for path in ours} <= inside
    assert {name.partition("/")[0] for name in inside} == {"peoplecount", f"peoplecount-{__version__}.dist-info"}


def test_files_are_found_in_a_checkout_and_in_a_package(tmp_path: Path) -> None:
    assert program_files() == ROOT
    (tmp_path / "peoplecount").mkdir()
    assert program_files(tmp_path / "peoplecount") == tmp_path
    (tmp_path / "peoplecount" / "program").mkdir()
    assert program_files(tmp_path / "peoplecount") == tmp_path / "peoplecount" / "program"


def test_installed_it_serves_pages_from_any_folder(installed: Path, tmp_path: Path) -> None:
    port = free_port()
    settings = {"PORT": str(port), "DATA_DIR": str(tmp_path / "data"), "SIGNED_OUT_LOOK": "on"}
    service = Process(
        [str(installed / "peoplecount"), "serve"], tmp_path / "said", bare_environment(**settings), tmp_path
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: _is_live(address), 60, "the service's first answer", service)
        page = requests.get(address, headers={"Accept-Language": "es"}, timeout=10)
        assert '<html lang="es"' in page.text, "translations come along"
        loaded = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
        assert len(loaded) > 2
        assert {requests.get(address + path, timeout=10).status_code for path in loaded} == {200}
        assert service.terminate() == 0
    finally:
        if not service.ended():
            service.kill()
    assert "Traceback" not in service.said()


def _is_live(address: str) -> bool:
    try:
        return requests.get(f"{address}/health/live", timeout=2).ok
    except requests.RequestException:
        return False


def test_the_command_it_brings_tells_its_version(installed: Path, tmp_path: Path) -> None:
    told = subprocess.run(
        [installed / "peoplecount", "--version"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert told.stdout == f"peoplecount {__version__}\n"


def _imported() -> Iterator[str]:
    """Top-level names of all that our modules import."""
    for path in (ROOT / "peoplecount").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                yield from (name.name.partition(".")[0] for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def test_everything_that_is_imported_is_asked_for() -> None:
    of_module = packages_distributions()
    imported = {_canonical(of_module[name][0]) for name in set(_imported()) if name in of_module} - {"peoplecount"}
    project = _project()
    extras = _names([line for extra in project["optional-dependencies"].values() for line in extra])
    missing = imported - _names(project["dependencies"]) - extras
    brought = {"joserfc"}  # by authlib, which is made of it
    assert missing - brought == set()


def test_extras_are_neither_needed_nor_in_requirements_txt() -> None:
    project = _project()
    extras = _names([line for extra in project["optional-dependencies"].values() for line in extra])
    assert {"authlib", "psycopg"} <= extras
    assert extras & _names(project["dependencies"]) == set()
    assert extras & _pins("requirements.txt").keys() == set()
    assert extras & _pins("requirements.lock").keys() == set()


EXTRAS = sorted(_project()["optional-dependencies"])
LOCKS = ["requirements.lock", "requirements-build.lock", *(f"requirements-{extra}.lock" for extra in EXTRAS)]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_hashes_of_every_package(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8").removeprefix("-r requirements.lock\n")
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert len(_pins(name)) == len(blocks)
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_locks_go_together_and_pip_takes_them() -> None:
    named = [option for name in LOCKS for option in ("--requirement", name)]
    command = python("-m", "pip", "install", "--dry-run", "--no-deps", "--require-hashes", *named)
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "Would install" not in told.stdout, "the tests run on what is locked"


@pytest.mark.parametrize("extra", EXTRAS)
def test_the_lock_of_an_extra_adds_what_its_requirements_pin(extra: str) -> None:
    text = (ROOT / f"requirements-{extra}.lock").read_text(encoding="utf-8")
    assert text.startswith("-r requirements.lock\n")
    locked = _pins(f"requirements-{extra}.lock")
    assert locked == _pins(f"requirements-{extra}.txt"), "./run.sh lock"
    assert _names(_project()["optional-dependencies"][extra]) <= locked.keys()


def test_what_makes_the_wheel_is_locked_as_the_tests_have_it() -> None:
    built_by = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    locked, pinned = _pins("requirements-build.lock"), _pins("requirements.txt") | _pins("requirements-dev.txt")
    assert _names(built_by) <= locked.keys()
    assert {name: pinned.get(name) for name in locked} == locked, "./run.sh lock"


PAGES_OF_EXTRAS = {
    "mqtt": ROOT / "docs" / "integrations" / "mqtt.md",
    "oidc": ROOT / "docs" / "sign-in.md",
    "postgresql": ROOT / "docs" / "postgresql.md",
    "redis": ROOT / "docs" / "several-machines.md",
}
OF_EXTRAS = re.compile(r"(?i)redis|valkey|mqtt|postgres\w*|oidc|openid")
INSTALLING = [
    *sorted((ROOT / "docs" / "install").glob("*.md")),
    *(PAGES_OF_EXTRAS.values()),
    ROOT / "deploy" / "Dockerfile",
]


def test_what_is_installed_as_a_service_has_known_hashes() -> None:
    found = [
        line for file in INSTALLING for line in re.findall(r"pip\S* (?:install|wheel) -.*", file.read_text("utf-8"))
    ]
    without = [line for line in found if "--require-hashes" not in line]
    assert len(found) - len(without) >= 7
    local = [
        line for line in without if "--no-deps" in line and ("--no-build-isolation" in line or "--no-index" in line)
    ]
    assert sorted(without) == sorted(local)


def test_every_extra_is_installed_by_the_page_about_it_with_known_hashes_and_named_by_no_page_of_installing() -> None:
    assert PAGES_OF_EXTRAS.keys() == _project()["optional-dependencies"].keys()
    for extra, page in PAGES_OF_EXTRAS.items():
        text = page.read_text("utf-8")
        assert f"/pip install --require-hashes --requirement requirements-{extra}.lock\n" in text
        assert f"`./run.sh bundle --extra {extra}`" in text
        assert f"`--build-arg EXTRAS={extra}`" in text
    pages = {page.name: page.read_text("utf-8") for page in (ROOT / "docs" / "install").glob("*.md")}
    assert len(pages) > 7
    assert {name: named for name, text in pages.items() if (named := re.findall(OF_EXTRAS, text))} == {}


def test_what_a_service_without_extras_installs_has_nothing_of_them() -> None:
    for extra in PAGES_OF_EXTRAS:
        own = _pins(f"requirements-{extra}.lock").keys() - _pins("requirements.lock").keys()
        assert own
        assert not own & _pins("requirements.txt").keys()


def test_the_lock_pins_what_requirements_txt_pins() -> None:
    locked, pinned = _pins("requirements.lock"), _pins("requirements.txt")
    assert {name: pinned.get(name) for name in locked} == locked, "./run.sh lock"
    needed = (ROOT / "requirements.txt").read_text(encoding="utf-8").partition("\n# So that plain `pytest` works")[0]
    assert _names([line for line in needed.splitlines() if "==" in line]) == locked.keys(), "./run.sh lock"
    assert _names(_project()["dependencies"]) <= locked.keys()

"""``./run.sh bundle``: everything a machine without internet needs to install the service, in one archive.

The wheels are for the system, processor and Python that make it. Each is named with its SHA-256 in
``requirements.txt``, and every file of the archive in ``SHA256SUMS``.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

ALONGSIDE = (
    *(".env.example", "LICENSE", "CHANGELOG.md", "deploy/nginx.conf", "deploy/Caddyfile"),
    *("deploy/peoplecount.service", "deploy/peoplecount-backup.service", "deploy/peoplecount-backup.timer"),
)
"""What else lies in the archive, where it lies in the repository: what the install pages name is found there, too."""


def extras() -> list[str]:
    """What can come along besides."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return sorted(project["optional-dependencies"])


def make_bundle(folder: Path, wanted: Sequence[str] = ()) -> Path:
    """The archive, made in ``folder``, with the wanted extras.

    Raises ``CalledProcessError`` where pip cannot get a wheel.
    """
    with tempfile.TemporaryDirectory() as scratch:
        program = _own_wheel(Path(scratch))
        name = f"{'-'.join(program.name.split('-')[:2])}-{_machine()}"
        content = Path(scratch, name)
        _fill(content, program, wanted)
        folder.mkdir(parents=True, exist_ok=True)
        return _packed(content, folder / f"{name}.tar.gz")


def _fill(content: Path, program: Path, wanted: Sequence[str]) -> None:
    wheels = content / "wheels"
    wheels.mkdir(parents=True)
    own, version = program.name.split("-")[:2]
    locked = f"{own}=={version} --hash=sha256:{_digest(program)}\n"
    locks = [ROOT / "requirements.lock", *(ROOT / f"requirements-{extra}.lock" for extra in wanted)]
    named = [word for lock in locks for word in ("--requirement", str(lock))]
    _pip(sys.executable, "download", "--only-binary=:all:", "--require-hashes", *named, "--dest", str(wheels))
    locked += "".join(lock.read_text(encoding="utf-8").removeprefix("-r requirements.lock\n") for lock in locks)
    shutil.copy(program, wheels)
    (content / "requirements.txt").write_text(locked, encoding="utf-8")
    (content / "MADE_FOR").write_text(
        f"Python {sys.version_info[0]}.{sys.version_info[1]} on {platform.system()} {platform.machine()}\n"
    )
    shutil.copy(ROOT / "deploy" / "install.sh", content)
    shutil.copytree(ROOT / "docs", content / "docs", ignore=shutil.ignore_patterns("pictures"))
    (content / "deploy").mkdir()
    for file in ALONGSIDE:
        shutil.copy(ROOT / file, content / file)
    (content / "SHA256SUMS").write_text("".join(_sums(content)), encoding="utf-8")


def _own_wheel(folder: Path) -> Path:
    """Made by what ``requirements-build.lock`` names, and by nothing else."""
    venv.create(folder / "build", with_pip=True, symlinks=True)
    python = str(folder / "build" / "bin" / "python")
    _pip(python, "install", "--require-hashes", "--requirement", str(ROOT / "requirements-build.lock"))
    _pip(python, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    (wheel,) = folder.glob("peoplecount-*.whl")
    return wheel


def _sums(content: Path) -> Iterator[str]:
    """Lines as ``sha256sum --check`` reads them."""
    for path in sorted(content.rglob("*")):
        if path.is_file():
            yield f"{_digest(path)}  {path.relative_to(content).as_posix()}\n"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _machine() -> str:
    return f"{platform.system().lower()}-{platform.machine()}-py{sys.version_info[0]}{sys.version_info[1]}"


def _packed(content: Path, archive: Path) -> Path:
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(content, content.name, filter=_nobodys)
    return archive


def _nobodys(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Whoever made it is of no account where it is unpacked."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry


def _pip(python: str, *arguments: str) -> None:
    command = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    subprocess.run(command, check=True)  # noqa: S603  pip, on files of our own


def main(arguments: Sequence[str]) -> int:
    """Make it, and say where it is; exit code 1 where pip could not get everything."""
    parser = argparse.ArgumentParser("./run.sh bundle", description=(__doc__ or "").partition("\n")[2])
    parser.add_argument("--folder", type=Path, default=ROOT / "dist", help="where it goes (%(default)s)")
    parser.add_argument(
        "--extra", action="append", default=[], choices=extras(), help="what comes along besides; may be repeated"
    )
    chosen = parser.parse_args(arguments)
    try:
        archive = make_bundle(chosen.folder, chosen.extra)
    except subprocess.CalledProcessError:
        print("pip could not get all wheels; what it said stands above", file=sys.stderr)
        return 1
    print(f"{archive} ({archive.stat().st_size / 1e6:.0f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Programs of earlier versions, as git's history has them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.processes import ROOT

PARTS = {"peoplecount", "templates", "static", "translations", "wsgi.py", "gunicorn.conf.py"}
"""What runs."""


def commit_of(name: str) -> str:
    """The whole name of a commit, such as that of ``HEAD`` or of a tag."""
    return _git("rev-parse", "--verify", f"{name}^{{commit}}").stdout.decode().strip()


def has(commit: str) -> bool:
    """Whether it can be had here: not from a tree without history, nor from a shallow clone."""
    try:
        return _git("cat-file", "-e", f"{commit}^{{commit}}", check=False).returncode == 0
    except FileNotFoundError:
        return False


def require(commit: str) -> None:
    """Skip the test where the program of ``commit`` cannot be had."""
    if not has(commit):
        pytest.skip(f"the git history that has {commit[:10]} is not here (git fetch --unshallow)")


def tag_of(version: str) -> str:
    """The name of its tag; empty where git does not have it, as in a clone without tags."""
    return f"v{version}" if has(f"v{version}") else ""


def changed_between(one: str, other: str) -> list[str]:
    """Files of the program that are not the same in two commits."""
    return _git("diff", "--name-only", one, other, "--", *sorted(PARTS)).stdout.decode().split()


def file_of(commit: str, path: str) -> bytes:
    """What it has in a commit."""
    return _git("show", f"{commit}:{path}").stdout


def program_of(commit: str, folder: Path) -> Path:
    """``folder``, with the program of ``commit`` in it. It runs on the packages that are installed now."""
    there = PARTS & set(_git("ls-tree", "--name-only", commit).stdout.decode().split())
    packed = _git("archive", "--format=tar", commit, "--", *sorted(there)).stdout
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "xf", "-"], cwd=folder, input=packed, check=True)
    return folder


def _git(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    """In a checkout that may be somebody else's: CI's often is."""
    command = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, check=check)

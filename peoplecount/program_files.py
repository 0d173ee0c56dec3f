"""Where templates, static files, translations, ``wsgi.py`` and ``gunicorn.conf.py`` lie.

Imports nothing of ours: gunicorn's master asks, too.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def program_files(package: Path = _PACKAGE) -> Path:
    """The folder they lie in: at the top of a checkout, and within ``package`` where a wheel was installed.

    ``pyproject.toml`` says what a wheel has there.
    """
    installed = package / "program"
    return installed if installed.is_dir() else package.parent

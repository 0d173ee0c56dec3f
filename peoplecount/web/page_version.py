"""The version of the pages: open ones load again once the service has another."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Flask, Response, jsonify

import peoplecount
from peoplecount.web.context import WebContext


def register(app: Flask, context: WebContext) -> None:
    """``/version``, and ``page_version`` for templates."""
    version = _version_of(context.template_folder, context.static_folder)
    app.jinja_env.globals["page_version"] = version
    blueprint = Blueprint("page_version", __name__)

    @blueprint.get("/version")
    def tell() -> Response:
        response = jsonify({"version": version})
        response.headers["Cache-Control"] = "no-store"
        return response

    app.register_blueprint(blueprint)


@lru_cache(maxsize=8)  # files of a process that runs are those it began with
def _version_of(*folders: Path) -> str:
    """Another one with every release and with every change of a page, its styles and its scripts."""
    digest = hashlib.sha256(peoplecount.__version__.encode())
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return f"{peoplecount.__version__}-{digest.hexdigest()[:12]}"

"""Somebody at the pages of administration."""

from __future__ import annotations

import re

from flask import Flask
from werkzeug.test import TestResponse

from tests.support.people import form_token, signed_in


class Administrator:
    """A browser in which somebody is signed in; its forms carry what ours do."""

    def __init__(self, app: Flask, name: str) -> None:
        self.client = signed_in(app, name)
        self.token = form_token(self.client, "/account")

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, **form) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token, **form})

    def version(self, path: str) -> str:
        """What the form at an address says it has seen."""
        found = re.search(r'name="version" type="hidden" value="([0-9a-f]+)"', self.get(path).text)
        assert found, f"no version at {path}"
        return found[1]

    def change(self, path: str, **form) -> TestResponse:
        """Send the form at an address as somebody does who has just opened it."""
        return self.post(path, **form, version=self.version(path))

"""SUNAPI's error answers, in the three forms devices send them.

Sources: SUNAPI introduction 2.6.2 (codes and both classic bodies, with HTTP 200), WiseAI app API 1.5.0 (HTTP 400).
"""

from __future__ import annotations

import json

from peoplecount.simulator.http_message import Response

SUBMENU_NOT_FOUND = 600
ACTION_NOT_FOUND = 601
INVALID_PARAMETER = 602
MISSING_PARAMETER = 603
INVALID_VALUE = 604
UNKNOWN_ERROR = 607
NOT_SUPPORTED = 608
NOT_AUTHORIZED = 609
CONFIGURATION_NOT_FOUND = 612
ATTRIBUTE_NOT_FOUND = 700

_DETAILS = {
    SUBMENU_NOT_FOUND: "Submenu Not Found",
    ACTION_NOT_FOUND: "Action Not Found",
    INVALID_PARAMETER: "Invalid Parameter(s)",
    MISSING_PARAMETER: "Missing Required Parameter(s)",
    INVALID_VALUE: "Invalid Input Value(s)",
    UNKNOWN_ERROR: "Unknown Error",
    NOT_SUPPORTED: "Feature(s) Not Implemented OR Not Supported",
    NOT_AUTHORIZED: "Not Authorized",
    610: "Cannot Access Resource",
    CONFIGURATION_NOT_FOUND: "Configuration Not Found",
    614: "Service not ready",
    ATTRIBUTE_NOT_FOUND: "Not Found",
}


class SunapiError(Exception):
    """A request that a device refuses."""

    def __init__(self, code: int, reason: str = "") -> None:
        self.details = _DETAILS.get(code, "Unknown Error")
        super().__init__(f"{code} {self.details} {reason}".rstrip())
        self.code = code
        self.reason = reason

    def as_text(self) -> str:
        """The classic text body; lines end with LF here."""
        return f"NG\nError Code: {self.code}\nError Details:\n{self.details}\n"

    def as_json(self) -> str:
        """The classic JSON body."""
        return json.dumps({"Response": "Fail", "Error": {"Code": self.code, "Details": self.details}})

    def as_wiseai(self) -> Response:
        """The WiseAI answer."""
        error = {"code": self.code, "details": self.details, "reason": self.reason}
        body = json.dumps({"response": "Fail", "error": error}).encode()
        return Response(400, body, "application/json")

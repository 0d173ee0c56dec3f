"""How cameras are just now, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from peoplecount.domain.camera import CameraState
from peoplecount.domain.sentence import say
from peoplecount.services.camera_desk import EnteredCamera

_WORDS: Mapping[str, tuple[str, str]] = {
    CameraState.UP: (say("counts"), "good"),
    CameraState.DOWN: (say("does not answer"), "bad"),
    CameraState.CREDENTIALS_REJECTED: (say("refuses user or password"), "bad"),
    CameraState.CERTIFICATE_UNKNOWN: (say("certificate not accepted"), "bad"),
    CameraState.CERTIFICATE_CHANGED: (say("another certificate"), "bad"),
}


@dataclass(frozen=True, slots=True)
class StateNow:
    """A camera's state, as a page shows it."""

    words: str
    kind: str
    """``good``, ``bad``, ``paused`` or ``unknown``."""

    reason: str = ""
    since: str = ""


class CameraStates:
    """By what the log has told so far."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """``rows`` are the cameras of a snapshot."""
        self._rows = {str(row["cameraId"]): row for row in rows}

    def of(self, one: EnteredCamera) -> StateNow:
        """The state of a camera that is entered."""
        if one.paused:
            return StateNow(say("paused"), "paused")
        row = self._rows.get(one.camera.camera_id)
        words, kind = _WORDS.get(row["state"] if row else "", (say("not asked yet"), "unknown"))
        if row is None or kind == "unknown":
            return StateNow(words, kind)
        return StateNow(words, kind, str(row["reason"] or ""), str(row["since"] or ""))

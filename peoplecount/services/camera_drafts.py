"""Cameras that were tried and not entered yet: kept between two pages, for whoever tried them and for an hour."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from peoplecount.domain.clock import Clock
from peoplecount.domain.offload import Offload, call_here
from peoplecount.services.kept_texts import KeptTexts
from peoplecount.services.trial import Trial, read_trial

GOOD_FOR = timedelta(hours=1)
MOST = 200
"""Of all people together; the oldest goes for another."""

_PREFIX = "camera-draft:"


class Sealer(Protocol):
    """Keeps passwords from being read where they are stored."""

    def seal(self, text: str) -> str:
        """Make it unreadable."""
        ...

    def unseal(self, text: str) -> str:
        """Make it readable again."""
        ...


@dataclass(frozen=True, slots=True)
class CameraDraft:
    """What somebody typed, and what the camera said to it."""

    draft_id: str
    texts: Mapping[str, str]
    """The fields of the form, without the password."""

    trial: Trial
    camera_id: str = ""
    """Of the camera that is to be changed; empty: a new one is to be entered."""

    version: str = ""
    """Of that camera, as it was seen."""

    is_change: bool = False
    """Whether something was typed that is to be saved; else it was only asked again."""

    password: str = ""
    """As typed; empty: none was."""

    def __repr__(self) -> str:
        return f"CameraDraft({self.draft_id!r})"


class CameraDrafts:
    """On the local store, which all workers share. All raise ``LogError``."""

    def __init__(self, store: KeptTexts, sealer: Sealer, clock: Clock, offload: Offload = call_here) -> None:
        """``clock`` must be one of real time."""
        self._store = store
        self._sealer = sealer
        self._clock = clock
        self._offload = offload

    def keep(
        self,
        owner: str,
        texts: Mapping[str, str],
        trial: Trial,
        *,
        camera_id: str = "",
        version: str = "",
        is_change: bool = False,
        password: str = "",
    ) -> CameraDraft:
        """Keep it for its owner."""
        plain = {name: text for name, text in texts.items() if name != "password"}
        draft = CameraDraft(secrets.token_urlsafe(12), plain, trial, camera_id, version, is_change, password)

        def work() -> None:
            self._tidy()
            body = {
                "owner": owner,
                "made": self._now(),
                "texts": plain,
                "trial": trial.fields(),
                "camera": [camera_id, version, is_change],
                "sealed": self._sealer.seal(password) if password else "",
            }
            self._store.put(_PREFIX + draft.draft_id, json.dumps(body, ensure_ascii=False))

        self._offload(work)
        return draft

    def find(self, owner: str, draft_id: str) -> CameraDraft | None:
        """A draft of theirs; ``None`` where it is too old, or somebody else's."""

        def work() -> CameraDraft | None:
            kept = self._store.get(_PREFIX + draft_id)
            return self._read(owner, draft_id, kept.body) if kept else None

        return self._offload(work)

    def drop(self, draft_id: str) -> None:
        """It was saved."""
        self._offload(lambda: self._store.change(_PREFIX + draft_id, lambda _: None))

    def _read(self, owner: str, draft_id: str, body: str) -> CameraDraft | None:
        fields = _fields(body)
        if fields is None or fields["owner"] != owner or not self._is_good(fields):
            return None
        try:
            password = self._sealer.unseal(fields["sealed"]) if fields["sealed"] else ""
        except ValueError:  # the key was changed meanwhile
            return None
        camera_id, version, is_change = fields["camera"]
        return CameraDraft(
            draft_id, fields["texts"], read_trial(fields["trial"]), camera_id, version, is_change, password
        )

    def _tidy(self) -> None:
        """Forget what is too old, and the oldest where there are many."""
        kept = {key: _fields(body) for key, body in self._store.under(_PREFIX).items()}
        made = {key: fields["made"] for key, fields in kept.items() if fields and self._is_good(fields)}
        newest = set(sorted(made, key=lambda key: made[key])[-(MOST - 1) :])
        for key in kept.keys() - newest:
            self._store.change(key, lambda _: None)

    def _is_good(self, fields: Mapping[str, Any]) -> bool:
        age = self._now() - float(fields["made"])
        return -GOOD_FOR.total_seconds() < age < GOOD_FOR.total_seconds()

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _fields(body: str) -> dict[str, Any] | None:
    try:
        fields = json.loads(body)
        return fields if {"owner", "made", "texts", "trial", "camera", "sealed"} <= fields.keys() else None
    except (ValueError, AttributeError):
        return None

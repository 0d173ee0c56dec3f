"""Changing the key that secrets are sealed with: a new one, everything sealed with it, and the old one gone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

SETTLING = 3.0
"""Seconds between two looks. Whoever has sealed something with the old key has written it by then."""

QUIET_LOOKS = 2
"""So many looks in a row must find nothing left that the old key is needed for."""

MOST_LOOKS = 20


class Keys(Protocol):
    """The key file."""

    def keys(self) -> tuple[str, ...]:
        """The first seals, all open."""
        ...

    def add(self) -> None:
        """Put a new one on top."""
        ...

    def keep_first(self) -> None:
        """Forget the others."""
        ...


class RenewingSealer(Protocol):
    """Seals with the first key."""

    def renew(self, text: str) -> str:
        """``text`` sealed with the first key. Raises ``ValueError`` where no key opens it."""
        ...


class SealedPlace(Protocol):
    """Where sealed texts are kept."""

    def renew(self, renew: Callable[[str], str]) -> int:
        """Put what ``renew`` makes of each in its place; how many that changed."""
        ...


class RosterText(Protocol):
    """The local copy of the camera list."""

    def change(self, key: str, work: Callable[[str | None], str | None]) -> None:
        """Keep what ``work`` makes of the text of ``key``."""
        ...


@dataclass(slots=True)
class Renewed:
    """What became of a change."""

    texts: dict[str, int] = field(default_factory=dict)
    """Texts sealed anew, by place."""

    is_complete: bool = False
    """Whether the old key is gone."""


class KeyRotation:
    """Changes the key while others seal and unseal: they read the file again when it has changed.

    It may be interrupted anywhere: until everything is sealed anew both keys are there, and the next run goes on.
    """

    def __init__(
        self,
        keys: Keys,
        sealer: RenewingSealer,
        places: Mapping[str, SealedPlace],
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._keys = keys
        self._sealer = sealer
        self._places = places
        self._pause = pause

    def run(self) -> Renewed:
        """Do it. Raises what the places raise: then nothing is lost, and it is to be run again."""
        if len(self._keys.keys()) == 1:  # else an earlier one was interrupted, and its new key is there
            self._keys.add()
        done = Renewed(dict.fromkeys(self._places, 0))
        quiet = 0
        for _ in range(MOST_LOOKS):
            quiet = 0 if self._renew(done) else quiet + 1
            if quiet == QUIET_LOOKS:
                self._keys.keep_first()
                done.is_complete = True
                break
            self._pause(SETTLING)
        return done

    def _renew(self, done: Renewed) -> int:
        changed = 0
        for name, place in self._places.items():
            here = place.renew(self._renewed)
            done.texts[name] += here
            changed += here
        return changed

    def _renewed(self, text: str) -> str:
        try:
            return self._sealer.renew(text)
        except ValueError:  # no key of ours has sealed it: the old one is not needed for it either
            return text


class RosterCopy:
    """The passwords in the local copy of the camera list."""

    def __init__(self, store: RosterText, key: str) -> None:
        self._store = store
        self._key = key

    def renew(self, renew: Callable[[str], str]) -> int:
        """See ``SealedPlace``. A copy that cannot be read is left as it is: the service replaces it."""
        changed: list[int] = []
        self._store.change(self._key, lambda text: None if text is None else _renewed(text, renew, changed))
        return sum(changed)


def _renewed(text: str, renew: Callable[[str], str], changed: list[int]) -> str:
    try:
        fields = json.loads(text)
        before = [camera["password"] for camera in fields["cameras"]]
    except (ValueError, KeyError, TypeError):
        return text
    after = [renew(one) for one in before]
    changed.append(sum(old != new for old, new in zip(before, after, strict=True)))
    if after == before:
        return text
    for camera, password in zip(fields["cameras"], after, strict=True):
        camera["password"] = password
    return json.dumps(fields, ensure_ascii=False)

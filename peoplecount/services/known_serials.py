"""Which device stands behind which camera: its serial number as it was last read, or as it said when it was tried."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from peoplecount.domain.offload import Offload, call_here
from peoplecount.services.kept_texts import KeptTexts

_KEY = "camera-serials"


class KnownSerials:
    """Serial numbers by camera. All raise ``LogError``.

    A camera that was just entered has not been read yet; what it said when it was tried is kept until then.
    """

    def __init__(self, store: KeptTexts, read: Callable[[], Mapping[str, str]], offload: Offload = call_here) -> None:
        """``read`` gives the serial numbers of the cameras that were read; it may block."""
        self._store = store
        self._read = read
        self._offload = offload

    def all(self) -> dict[str, str]:
        """The serial number of each camera of which one is known, removed ones among them."""

        def look() -> dict[str, str]:
            kept = self._store.get(_KEY)
            read = {camera_id: serial for camera_id, serial in self._read().items() if serial}
            return _tried(kept.body if kept else None) | read

        return self._offload(look)

    def note(self, camera_id: str, serial: str) -> None:
        """Keep what a camera said; without a serial number, that nothing is known."""

        def change(body: str | None) -> str:
            tried = {one: known for one, known in _tried(body).items() if one != camera_id}
            return json.dumps(tried | ({camera_id: serial} if serial else {}), separators=(",", ":"))

        self._offload(lambda: self._store.change(_KEY, change))


def _tried(body: str | None) -> dict[str, str]:
    try:
        return {str(camera_id): str(serial) for camera_id, serial in json.loads(body or "{}").items()}
    except (ValueError, AttributeError):
        return {}

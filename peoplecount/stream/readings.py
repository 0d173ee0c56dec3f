"""The ``readings`` event: when each camera was last read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache

from peoplecount.domain.event import EventKind, utc_text
from peoplecount.stream.encoder import object_frame
from peoplecount.stream.ring import Frame
from peoplecount.stream.selection import NOWHERE, Selection, Whereabouts


def readings_frame(
    number: int, now: datetime, readings: Mapping[str, datetime], where: Callable[[], Mapping[str, Whereabouts]]
) -> Frame:
    """Its frame behind the event ``number``; ``where`` each camera looks is asked for those who chose doors or sites.

    That is once, and only where somebody did: of thousands of cameras it takes as long as the frame itself.
    """
    places = cache(where)
    texts = {camera_id: utc_text(moment) for camera_id, moment in sorted(readings.items())}

    def encode(chosen: Mapping[str, str]) -> bytes:
        kind = EventKind.READINGS
        return object_frame(kind, {"kind": kind.value, "time": utc_text(now), "cameras": chosen})

    def choose(selection: Selection) -> bytes:
        if not selection.takes_kind(EventKind.READINGS):
            return b""
        named = sorted(selection.cameras & texts.keys()) if selection.cameras else texts
        return encode({key: texts[key] for key in named if selection.takes_camera(key, places().get(key, NOWHERE))})

    return Frame(number, encode(texts), choose=choose, is_event=False)

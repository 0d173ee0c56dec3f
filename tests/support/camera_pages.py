"""Pages of a camera: where they are asked for, and what they say."""

from __future__ import annotations

import json
from datetime import timedelta

from peoplecount.sunapi import queries
from tests.support.fake_clock import FakeClock

VIEW = queries.classic_configuration().target
CHECK = queries.classic_counts().target
DATE = queries.device_date().target
INFO = queries.device_info().target
APPS = queries.installed_apps().target
LIMIT = queries.channel_limit().target


def date_of(clock: FakeClock, hours: int = 2) -> str:
    """What ``date`` says on a camera with a right clock, so many hours east of UTC."""
    utc = clock.now().replace(tzinfo=None)
    return f'{{"LocalTime":"{utc + timedelta(hours=hours):%F %T}","UTCTime":"{utc:%F %T}"}}'


def view_of(*lines: tuple[int, str, bool], enabled: bool = True, channel: int = 0) -> str:
    """A JSON ``view`` with these lines: index, name, enabled."""
    rows = [{"Line": index, "Name": name, "Enable": on, "Mode": "LeftToRightIn"} for index, name, on in lines]
    return json.dumps({"PeopleCount": [{"Channel": channel, "Enable": enabled, "Lines": rows}]})


def check_of(*lines: tuple[int, int, int]) -> str:
    """A JSON ``check`` with these lines: index, in, out. It names neither channel nor lines."""
    rows = [{"LineIndex": index, "InCount": entered, "OutCount": left} for index, entered, left in lines]
    return json.dumps({"PeopleCount": [{"Lines": rows}]})

"""Webhooks: addresses that are told of events, by a request for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from peoplecount.domain.event_id import EventId
from peoplecount.domain.interval import Scope, Step
from peoplecount.domain.threshold import Threshold


class Topic(StrEnum):
    """What a webhook may be told of; most are kinds of events, as the log has them."""

    INTERVAL_CLOSED = "IntervalClosed"
    OCCUPANCY_ABOVE = "OccupancyAbove"
    """The people inside a site came to the threshold; told as ``OccupancyThreshold``."""

    OCCUPANCY_BELOW = "OccupancyBelow"
    """They are clearly fewer again; told as ``OccupancyThreshold``."""

    CAMERA_SILENT = "CameraSilent"
    """A camera is read no more, for whatever reason; told as ``CameraStatus``."""

    CAMERA_BACK = "CameraBack"
    """It is read again; told as ``CameraStatus``."""

    ALERT = "Alert"
    COUNT_CORRECTION = "CountCorrection"
    COUNTER_BREAK = "CounterBreak"
    OCCUPANCY_CHANGED = "OccupancyChanged"
    COUNT = "PeopleCountingUpdate"


THRESHOLD_KIND = "OccupancyThreshold"
"""The kind of an event that tells of a threshold. It stands in no log: it is made of an ``OccupancyChanged``."""

KEY_LENGTH = 8

LEAST_AFFORDABLE_GAP = 60
"""Seconds."""

LONGEST_GAP = 86_400
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which events somebody wants: of one of the topics *and* one of these cameras, and so on; each empty for all.

    An event about no camera or door is not among those of one: what is wanted of cameras excludes intervals of sites.
    """

    topics: frozenset[Topic]
    camera_ids: frozenset[str] = frozenset()
    door_ids: frozenset[str] = frozenset()
    site_ids: frozenset[str] = frozenset()
    scopes: frozenset[Scope] = frozenset()
    """Of intervals; empty: of lines where cameras are named, of doors where those are, else of sites."""

    steps: frozenset[Step] = frozenset()
    """Lengths of intervals; empty: all."""

    threshold: Threshold | None = None
    """For occupancy above and below; ``None``: the capacity."""

    min_gap: int = 0
    """Seconds between two beginnings to send. What comes meanwhile waits, and only the newest state of each line, site
    and camera is sent then; 0: each event is sent as it comes."""

    @property
    def is_affordable(self) -> bool:
        """Whether a flow that runs for every event of it does not use up a day's allowance at a busy door.

        Every crossing by itself does so in hours, and one a minute at each of many lines in a morning.
        """
        is_raw = bool(self.topics & {Topic.COUNT, Topic.OCCUPANCY_CHANGED})
        has_place = bool(self.camera_ids or self.door_ids or self.site_ids)
        return not is_raw or (has_place and self.min_gap >= LEAST_AFFORDABLE_GAP)

    @property
    def interval_scopes(self) -> frozenset[Scope]:
        """What intervals are to be of, where nobody has said, too."""
        if self.scopes:
            return self.scopes
        return frozenset({Scope.LINE if self.camera_ids else Scope.DOOR if self.door_ids else Scope.SITE})


class Receiver(StrEnum):
    """Who is at an address."""

    FLOW = "flow"
    """A flow of Power Automate, or anybody whose address is a secret: bodies go as they are."""

    OWN = "own"
    """A program of one's own: it is given a secret, and every request is signed with it."""


class Stand(StrEnum):
    """Whether a webhook is sent to."""

    ACTIVE = "active"
    PAUSED = "paused"
    """By somebody; events wait for it."""

    DISABLED = "disabled"
    """Nobody took anything there for days, or it was said that nobody will; events do not wait for it."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address and what it is told of. Its address and secrets are sealed, for each of them lets somebody in."""

    hook_id: str
    """Unguessable: who knows it may end it."""

    name: str
    owner: str
    """Id of the API token that made it; empty: it was made on the pages of administration."""

    receiver: Receiver
    address: str = field(repr=False)
    """Sealed."""

    host: str
    """All of the address that may be shown."""

    wish: Wish
    sites: frozenset[str] | None
    """Ids of the sites that its owner may see; ``None``: all."""

    made: datetime
    since: EventId
    """Events up to this one are not for it."""

    secret: str = field(default="", repr=False)
    """Sealed; empty: nothing is signed."""

    old_secret: str = field(default="", repr=False)
    """Sealed: the one before, with which it is signed as well until ``old_until``."""

    old_until: datetime | None = None

    @property
    def key(self) -> str:
        """By which pages and the audit log name it: enough to find it, too little to end it."""
        return self.hook_id[:KEY_LENGTH]


@dataclass(frozen=True, slots=True)
class Condition:
    """How a webhook is doing."""

    stand: Stand = Stand.ACTIVE
    reason: str = ""
    """Why it stands so, in words."""

    since: datetime | None = None
    """UTC: when it came to stand so; ``None``: from the beginning."""

    failures: int = 0
    """Attempts in a row that failed."""

    failing_since: datetime | None = None
    next_try: datetime | None = None
    """``None``: at once."""

    rest_until: datetime | None = None
    """See ``Wish.min_gap``."""

    delivered: int = 0
    delivered_at: datetime | None = None
    dropped: int = 0
    """Events that were never sent, because newer ones took their place, or because they waited too long."""

    untold: int = 0
    """Those of them that the next event is to tell of."""

    gap: bool = False
    """Whether the next event is to tell that some before it are missing, nobody knows how many."""

    sides: Mapping[str, str] = field(default_factory=dict)
    """On which side of the threshold sites are, and whether cameras are silent: see ``WebhookWatch``."""


@dataclass(frozen=True, slots=True)
class Telling:
    """An event that is to be sent to a webhook."""

    number: int
    """Its place in the log, by which it is sent in order."""

    event_id: str
    """The same in every attempt."""

    kind: str
    key: str
    """What it gives the newest state of: a newer telling of the same key makes it superfluous. Empty: none can."""

    body: str
    """A JSON object."""

    dropped: int = 0
    """Events before it that are not sent."""

    gap: bool = False
    """Whether events before it are missing, nobody knows how many."""

    def json(self) -> str:
        """What is sent, the same in every attempt."""
        more = f',"dropped":{self.dropped}' if self.dropped else ""
        more += ',"gap":true' if self.gap else ""
        return f"{self.body[:-1]}{more}}}"


class Outcome(StrEnum):
    """What became of an attempt."""

    TAKEN = "taken"
    LATER = "later"
    """The receiver was away, or asked for patience."""

    REFUSED = "refused"
    """Whoever answered does not want it from us, or must not be asked."""

    UNFIT = "unfit"
    """It does not want this one."""

    GONE = "gone"
    """It wants nothing any more."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request, and what came of it."""

    moment: datetime
    event_id: str
    kind: str
    outcome: Outcome
    status: int | None
    """``None``: there was no answer."""

    seconds: float
    words: str
    """What came back, in words."""

    is_test: bool = False
    next_try: datetime | None = None
    """``None``: there is none."""

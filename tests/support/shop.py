"""A shop with a front and a back door and a wide one with two lines."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from peoplecount.domain.site import Site
from tests.support.board_service import BoardService, Gate

SHOP = Site("shop", "Shop", "Europe/Zurich", capacity=50)
FRONT = Gate(SHOP, "Front", "front")
LEFT = Gate(SHOP, "Wide", "wide", 1, name="Left")
RIGHT = Gate(SHOP, "Wide", "wide", 2, name="Right")
BACK = Gate(SHOP, "Back", "back")


def at(hour: int, minute: int = 0, day: int = 4) -> datetime:
    """A moment of May 2026 by the shop's clock."""
    return datetime(2026, 5, day, hour, minute, tzinfo=ZoneInfo("Europe/Zurich")).astimezone(UTC)


def until(service: BoardService, moment: datetime) -> None:
    """Let time pass up to a moment."""
    service.clock.passes((moment - service.clock.now()).total_seconds())


def only(rows: list[dict]) -> dict:
    """The one that is there."""
    (row,) = rows
    return row

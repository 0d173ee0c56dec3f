"""The demo's town lies where it is day when it begins, and stays there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from peoplecount.demo_town import is_lively, keep_zone, lively_zone, town_zone, where_it_lies

NIGHT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize("begins", [datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)])
def test_it_is_late_morning_somewhere_at_every_moment_of_a_day(begins: datetime) -> None:
    for minutes in range(0, 24 * 60, 10):
        now = begins + timedelta(minutes=minutes)
        local = now.astimezone(ZoneInfo(lively_zone("Europe/Zurich", now)))
        assert 10 <= local.hour < 17, now


def test_the_machines_own_time_zone_is_kept_by_day_only() -> None:
    assert lively_zone("Europe/Zurich", NIGHT + timedelta(hours=8)) == "Europe/Zurich"
    assert lively_zone("Europe/Zurich", NIGHT) != "Europe/Zurich"


def test_a_time_zone_that_was_chosen_is_taken_at_night_too(tmp_path: Path) -> None:
    assert town_zone(tmp_path, "Europe/Paris", "UTC", NIGHT) == "Europe/Paris"


def test_the_next_start_finds_the_town_where_it_was(tmp_path: Path) -> None:
    first = town_zone(tmp_path, "", "UTC", NIGHT)
    keep_zone(tmp_path, first)
    assert town_zone(tmp_path, "Europe/Paris", "UTC", NIGHT + timedelta(hours=12)) == first


def test_a_town_from_before_there_was_a_choice_stays_in_zurich(tmp_path: Path) -> None:
    (tmp_path / "peoplecount.db").touch()
    assert town_zone(tmp_path, "", "UTC", NIGHT) == "Europe/Zurich"


def test_whoever_starts_it_is_told_the_time_there_and_when_few_people_are_about(tmp_path: Path) -> None:
    assert where_it_lies("Asia/Tokyo", NIGHT, tmp_path).endswith("Asia/Tokyo, where it is 12:00 now.")
    assert not is_lively("UTC", NIGHT)
    assert f"Delete {tmp_path}" in where_it_lies("UTC", NIGHT, tmp_path)

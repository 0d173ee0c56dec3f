"""Replays: both file formats, from files the tests make and from the real data where they are at hand."""

import csv
import zipfile
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest

from peoplecount.simulator.fleets import replay_fleet
from peoplecount.simulator.local_days import LocalDays
from peoplecount.simulator.replay import ReplayError, Span, read_replay
from tests.support.virtual_cameras import ZURICH, zurich

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"

HARDBRUECKE = """"In","Out","Timestamp","Name"
3,1,"2020-03-02T23:55:00","Ost-Nord total"
2,5,"2020-03-02T08:00:00","Ost-Nord total"
7,0,"2020-03-02T08:00:00","West-Süd total"
1,1,"2020-03-03T00:00:00","Ost-Nord total"
"""

CALIT2 = """7,07/24/05,00:00:00,0
9,07/24/05,00:00:00,0
7,07/24/05,08:30:00,2
9,07/24/05,08:30:00,5
7,07/25/05,00:00:00,4
9,07/25/05,00:00:00,0
"""


@pytest.fixture
def hardbruecke(tmp_path):
    file = tmp_path / "counts.csv"
    file.write_text(HARDBRUECKE, encoding="utf-8")
    return file


@pytest.fixture
def calit2(tmp_path):
    file = tmp_path / "CalIt2.data"
    file.write_text(CALIT2)
    return file


def totals(fleet, day):
    """(in, out) by line name."""
    people = {}
    for camera in fleet.cameras:
        for line in camera.lines:
            crossings = fleet.traffic.crossings(camera.line_id(line), day)
            people[line.name] = (len(crossings.entered), len(crossings.left))
    return people


def test_each_line_of_hardbruecke_becomes_a_counting_line_with_its_own_sums(hardbruecke):
    fleet = replay_fleet(read_replay(hardbruecke))
    assert totals(fleet, date(2020, 3, 2)) == {"Ost-Nord total": (5, 6), "West-Süd total": (7, 0)}
    assert totals(fleet, date(2020, 3, 3)) == {"Ost-Nord total": (1, 1), "West-Süd total": (0, 0)}
    assert totals(fleet, date(2020, 3, 4)) == {"Ost-Nord total": (0, 0), "West-Süd total": (0, 0)}


def test_a_zipped_file_is_the_same(hardbruecke, tmp_path):
    archive = tmp_path / "counts.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(hardbruecke, "counts.csv")
    assert totals(replay_fleet(read_replay(archive)), date(2020, 3, 2)) == totals(
        replay_fleet(read_replay(hardbruecke)), date(2020, 3, 2)
    )


def test_people_cross_one_by_one_within_their_five_minutes_and_before_the_last_second(hardbruecke):
    crossings = replay_fleet(read_replay(hardbruecke)).traffic.crossings("1-0-1-1", date(2020, 3, 2))
    morning, night = zurich("2020-03-02T08:00:00").timestamp(), zurich("2020-03-02T23:55:00").timestamp()
    assert [morning <= instant < morning + 299 for instant in crossings.left[:5]] == [True] * 5
    assert [night <= instant < night + 299 for instant in crossings.entered[2:]] == [True] * 3
    assert len(set(crossings.entered)) == 5
    assert list(crossings.entered) == sorted(crossings.entered)


def test_the_moments_are_the_same_for_a_seed_and_others_for_another(hardbruecke):
    replay = read_replay(hardbruecke)
    first, same, other = (replay_fleet(replay, seed=seed).traffic for seed in (1, 1, 2))
    day = date(2020, 3, 2)
    assert first.crossings("1-0-1-1", day) == same.crossings("1-0-1-1", day) != other.crossings("1-0-1-1", day)


def test_calit2_counts_are_of_the_half_hour_before_their_time(calit2):
    replay = read_replay(calit2)
    fleet = replay_fleet(replay)
    days = LocalDays(fleet.cameras[0].site.zone)
    crossings = fleet.traffic.crossings("1-0-1-1", date(2005, 7, 24))
    eight = days.start_of(date(2005, 7, 24)) + 8 * 3600
    assert len(crossings.entered) == 5
    assert all(eight <= instant < eight + 1800 for instant in crossings.entered)
    assert len(crossings.left) == 6  # the four of 07/25 00:00 left before midnight
    assert replay.days == [date(2005, 7, 24)]
    assert fleet.cameras[0].site.time_zone == "America/Los_Angeles"


def test_only_the_days_asked_for_are_read(hardbruecke):
    assert read_replay(hardbruecke, Span(first=date(2020, 3, 3))).days == [date(2020, 3, 3)]
    assert read_replay(hardbruecke, Span(last=date(2020, 3, 2))).days == [date(2020, 3, 2)]


def test_eight_lines_hang_on_cameras_with_one_and_two_channels_of_three_generations(tmp_path):
    file = tmp_path / "eight.csv"
    rows = "".join(f'1,1,"2020-03-02T08:00:00","Line {number}"\n' for number in range(8))
    file.write_text('"In","Out","Timestamp","Name"\n' + rows)
    cameras = replay_fleet(read_replay(file)).cameras
    assert [camera.channels for camera in cameras] == [2, 1, 2, 1]
    assert {camera.firmware.dialect for camera in cameras} == {"classic", "wiseai"}
    assert [line.name for camera in cameras for line in camera.lines] == [f"Line {number}" for number in range(8)]
    assert all(len({(line.channel, line.index) for line in camera.lines}) == 2 for camera in cameras)


def test_on_the_day_clocks_go_back_everybody_is_counted_once(tmp_path):
    file = tmp_path / "autumn.csv"
    rows = "".join(f'{hour},0,"2020-10-25T0{hour}:55:00","Door"\n' for hour in (1, 2, 3))
    file.write_text('"In","Out","Timestamp","Name"\n' + rows)
    crossings = replay_fleet(read_replay(file)).traffic.crossings("1-0-1-1", date(2020, 10, 25))
    local = Counter(datetime.fromtimestamp(instant, ZURICH).hour for instant in crossings.entered)
    assert local == {1: 1, 2: 2, 3: 3}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a,b,c\n1,2,3\n", "known format"),
        ("", "known format"),
        ('"In","Out","Timestamp","Name"\nx,0,"2020-03-02T08:00:00","Door"\n', "line 2"),
        ('"In","Out","Timestamp","Name"\n-1,0,"2020-03-02T08:00:00","Door"\n', "-1 people"),
        ('"In","Out","Timestamp","Name"\n1,0,"yesterday","Door"\n', "line 2"),
        ('"In","Out","Timestamp","Name"\n1,0\n', "line 2"),
        ("7,07/24/05,00:00:00,0\n8,07/24/05,00:00:00,0\n", "line 2"),
        ('"In","Out","Timestamp","Name"\n', "no counts"),
    ],
)
def test_a_file_that_is_not_understood_is_refused_with_the_place(tmp_path, text, complaint):
    file = tmp_path / "file.csv"
    file.write_text(text)
    with pytest.raises(ReplayError, match=complaint):
        read_replay(file)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ReplayError, match="cannot be read"):
        read_replay(tmp_path / "nothing.csv")


def test_an_archive_without_counts_is_refused(tmp_path):
    archive = tmp_path / "empty.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("readme.txt", "nothing here")
    with pytest.raises(ReplayError, match="0 CSV files"):
        read_replay(archive)


def test_days_without_counts_are_refused(hardbruecke):
    with pytest.raises(ReplayError, match="from 2021-01-01"):
        read_replay(hardbruecke, Span(first=date(2021, 1, 1)))


def test_a_real_hardbruecke_day_is_played_to_the_last_person():
    file = SHARED / "hardbruecke" / "frequenzen_hardbruecke_2020.zip"
    if not file.exists():
        pytest.skip(f"the real data set is not here: {file.name} in ../shared/data/hardbruecke")
    day = date(2020, 3, 4)
    with zipfile.ZipFile(file) as archive:
        lines = archive.read(archive.namelist()[0]).decode().splitlines()
    expected = {}
    for row in csv.DictReader([lines[0], *(line for line in lines if f'"{day}T' in line)]):
        entered, left = expected.get(row["Name"], (0, 0))
        expected[row["Name"]] = (entered + int(row["In"]), left + int(row["Out"]))
    assert len(expected) == 8
    assert totals(replay_fleet(read_replay(file, Span(day, day))), day) == expected


def test_the_real_calit2_series_has_the_sums_its_makers_state():
    file = SHARED / "calit2" / "CalIt2.data"
    if not file.exists():
        pytest.skip(f"the real data set is not here: {file.name} in ../shared/data/calit2")
    replay = read_replay(file)
    people = [counts for day in replay.days for counts in replay.intervals("MainDoor", day)]
    assert sum(entered for _, entered, _ in people) == 19_597
    assert sum(left for _, _, left in people) == 18_837

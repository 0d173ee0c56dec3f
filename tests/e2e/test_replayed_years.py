"""A year of the Hardbrücke stop and a summer of the CalIt2 building, with outages cut in: settled days are exact."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from peoplecount.domain.figures import Figures
from peoplecount.simulator.fleets import replay_fleet
from peoplecount.simulator.replay import Span, read_replay
from peoplecount.storage.history import History
from peoplecount.storage.migrate import upgrade
from tests.support.replayed_fleet import ReplayedFleet

DATA = Path(__file__).resolve().parents[3] / "shared/data"
EVERY = timedelta(minutes=float(os.environ.get("REPLAY_MINUTES", "20")))
HARDBRUECKE, CALIT2 = "hardbruecke/frequenzen_hardbruecke_2020.zip", "calit2/CalIt2.data"

WHOLE = {
    "Hardbrücke 2020": (HARDBRUECKE, date(2020, 1, 1), date(2020, 12, 31)),
    "CalIt2": (CALIT2, date(2005, 7, 24), date(2005, 11, 5)),
}
"""What ``./run.sh replay`` plays; the year takes four minutes."""

SHORT = {
    "Hardbrücke in spring": (HARDBRUECKE, date(2020, 3, 20), date(2020, 4, 5)),
    "Hardbrücke in autumn": (HARDBRUECKE, date(2020, 10, 16), date(2020, 11, 1)),
    "CalIt2": WHOLE["CalIt2"],
}
SETS = WHOLE if os.environ.get("REPLAY") == "whole" else SHORT


@pytest.mark.parametrize("name", SETS)
def test_a_data_set_played_whole_with_outages_comes_out_exact(name, make_connection):
    file, first, last = SETS[name]
    if not (DATA / file).exists():
        pytest.skip(f"the real data set is not here: {file} in ../shared/data")
    fleet = replay_fleet(read_replay(DATA / file, Span(first, last)))
    zone = fleet.cameras[0].site.zone
    begin = datetime(first.year, first.month, first.day, tzinfo=zone).astimezone(UTC)
    end = datetime(last.year, last.month, last.day, 23, 59, tzinfo=zone).astimezone(UTC) + timedelta(days=2)
    database = make_connection("sqlite")
    upgrade(database)
    played = ReplayedFleet(fleet, begin, every=EVERY, database=database)
    played.plays(end)

    assert played.faults == []
    days = (last - first).days + 1
    assert len(played.compared) >= days * len(played.cameras)
    assert sum(map(len, played.away.values())) > 10
    truth = played.people_who_crossed()
    assert {camera: tuple(people) for camera, people in played.people.items()} == truth
    in_database = dict.fromkeys(truth, (0, 0))
    for row in History(database).hours(begin, end):
        camera, figures = row.line_id.split("-")[0], row.figures or Figures()
        in_database[camera] = (in_database[camera][0] + figures.entered, in_database[camera][1] + figures.left)
    assert in_database == truth
    assert played.false_corrections() == []

"""What counting must remember comes back as it was, also what earlier versions wrote."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from peoplecount.domain.counter import Counter, Moment
from peoplecount.domain.counting import CountState, LineState
from peoplecount.domain.line import LineKey
from peoplecount.services.count_state_body import read_count_state, write_count_state

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
COUNTER = Counter.first(5, Moment(NOON, NOON.replace(tzinfo=None)))
LINE = LineState("Door", COUNTER, COUNTER, NOON.date(), 3, 4, serial="SERIAL")
EAST, WEST = LineKey("7", index=1), LineKey("7", index=2)


def test_lines_that_were_read_on_another_device_than_the_last_keep_its_number():
    state = CountState("OTHER", {EAST: replace(LINE, serial="OTHER"), WEST: LINE})
    assert read_count_state(write_count_state(state)) == state


def test_lines_of_a_version_that_kept_one_number_a_camera_have_that_number():
    body = write_count_state(CountState("SERIAL", {EAST: LINE}))
    assert "serial" not in json.loads(body)["lines"][str(EAST)]
    assert read_count_state(body).lines[EAST].serial == "SERIAL"

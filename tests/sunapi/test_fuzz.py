"""Whatever a camera sends: parsed, or refused with a reason. Never another error, never a zero it did not say."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest

from peoplecount.sunapi import (
    camera_clock,
    classic,
    classic_history,
    device,
    digest,
    search,
    system_log,
    wiseai,
    wiseai_history,
)
from peoplecount.sunapi.answers import MOST_PEOPLE, MalformedAnswer, Refusal
from peoplecount.sunapi.configuration import LiveCounts, Spot
from peoplecount.sunapi.hourly_figures import Found

pytest.importorskip("hypothesis")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

DAY, SPOT = date(2024, 5, 13), Spot(0, 1, 1)

PARSERS: list[Callable[[bytes], object]] = [
    classic.parse_counts,
    lambda body: classic.parse_counts(body, asked=1),
    classic.parse_configuration,
    lambda body: wiseai.parse_counts(body, (0,), 1),
    lambda body: wiseai.parse_configuration(body, 0),
    wiseai.parse_capability,
    camera_clock.parse_date,
    device.parse_device_info,
    device.parse_wiseai_running,
    device.parse_channel_limit,
    system_log.parse_last_start,
    search.parse_token,
    search.parse_completed,
    classic_history.ClassicSearch(0, DAY, "PeopleCount-Master", {SPOT: "East"}, frozenset({"East"})).parse,
    wiseai_history.WiseAiSearch(0, 1, DAY, (SPOT,)).parse,
]

NAMES = [
    *("PeopleCount", "Channel", "Lines", "LineIndex", "Line", "InCount", "OutCount", "Name", "Enable"),
    *("Response", "Error", "Code", "Details", "LocalTime", "UTCTime", "Model", "Apps", "AppID", "Status"),
    *("objectCountingLive", "objectCountingConfiguration", "countingRules", "lines", "index", "channel"),
    *("directionBasedResult", "direction", "count", "objectType", "capabilities", "objectcounting"),
    *("SearchToken", "ResultInterval", "PeopleCountSearchResults", "LineResults", "DirectionResults", "Direction"),
    *("Camera", "Result", "lineBasedResults", "result", "SystemLog", "Date", "Type"),
]
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 12),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        ["IN", "OUT", "Person", "WiseAI", "Running", "Fail", "East", "Hourly", "12", "2024-05-14 07:31:07"]
    ),
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=25,
)
KEYS = st.one_of(
    st.sampled_from(NAMES),
    st.builds(
        "Channel.{}.{}.{}.{}".format,
        st.integers(0, 300),
        st.sampled_from(["LineIndex", "Line", "Area"]),
        st.integers(0, 300),
        st.sampled_from(["InCount", "OutCount", "Name", "Enable"]),
    ),
)
TEXT = st.lists(st.builds("{}={}".format, KEYS, st.integers(-2, 20) | st.text(max_size=4)), max_size=12)
BODIES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(str.encode),
    st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4).map(lambda value: json.dumps(value).encode()),
    st.builds(lambda lines, end: end.join(lines).encode(), TEXT, st.sampled_from(["\r\n", "\n", "\r"])),
)


@given(body=BODIES, parse=st.sampled_from(PARSERS))
@settings(UNHURRIED, max_examples=300)
def test_any_body_is_parsed_or_refused(body: bytes, parse: Callable[[bytes], object]) -> None:
    try:
        parsed = parse(body)
    except (MalformedAnswer, Refusal):
        return
    if isinstance(parsed, LiveCounts):
        for line in parsed.lines:
            assert 0 <= line.totals.in_total <= MOST_PEOPLE
            assert 0 <= line.totals.out_total <= MOST_PEOPLE
            assert line.spot.channel in parsed.channels
    if isinstance(parsed, Found):
        assert {*parsed.hours, *parsed.missing} == {SPOT}


LINES = st.dictionaries(
    st.integers(1, 8), st.tuples(st.integers(1, MOST_PEOPLE), st.integers(1, MOST_PEOPLE)), min_size=1, max_size=4
)


@given(lines=LINES, data=st.data())
@settings(UNHURRIED, max_examples=200)
def test_an_answer_cut_off_anywhere_never_shows_a_zero_or_a_larger_total(
    lines: dict[int, tuple[int, int]], data: st.DataObject
) -> None:
    rows = [{"LineIndex": index, "InCount": counts[0], "OutCount": counts[1]} for index, counts in lines.items()]
    as_json = json.dumps({"PeopleCount": [{"Channel": 0, "Lines": rows}]})
    as_text = "".join(
        f"Channel.0.LineIndex.{index}.InCount={entered}\r\nChannel.0.LineIndex.{index}.OutCount={left}\r\n"
        for index, (entered, left) in lines.items()
    )
    whole = data.draw(st.sampled_from([as_json, as_text])).encode()
    cut = whole[: data.draw(st.integers(0, len(whole)))]

    try:
        parsed = classic.parse_counts(cut)
    except MalformedAnswer:
        return
    for line in parsed.lines:
        entered, left = lines[line.spot.index]
        assert 0 < line.totals.in_total <= entered
        assert 0 < line.totals.out_total <= left


@given(headers=st.lists(st.text(max_size=80) | st.text('Digest realm="nc,= \\', max_size=80), max_size=3))
@settings(UNHURRIED, max_examples=200)
def test_any_challenge_is_understood_or_left_out(headers: list[str]) -> None:
    for challenge in digest.parse_challenges(headers):
        assert challenge.nonce

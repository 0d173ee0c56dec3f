"""Counts of earlier times by the API: pages, what changed, and what was known."""

import csv
import gzip
import io
from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peoplecount.domain.correction import CorrectionReason, HourCorrection
from peoplecount.domain.correction_body import correction_event
from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.web.api.answers import tag_of
from tests.support.api_shop import HOUR
from tests.support.shop import FRONT, at

DAY = "/counts?from=2026-05-04&to=2026-05-05"


def corrected(shop, gate, begin, old, new):
    """An hour is known better."""
    correction = HourCorrection(
        gate.key,
        begin,
        begin + HOUR,
        begin.replace(tzinfo=None) + 2 * HOUR,
        old=Figures(*old),
        new=Figures(*new),
        old_quality=Quality.MEASURED,
        quality=Quality.CORRECTED,
        coverage=1.0,
        reason=CorrectionReason.OUTAGE,
    )
    shop.append(correction_event(gate.place, correction, shop.clock.now()))
    shop.write()


def keys(rows):
    return [(row["from"], row["lineId"] or row["doorId"] or row["siteId"]) for row in rows]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limit=st.integers(1, 14),
    scope=st.sampled_from(["line", "door", "site"]),
    step=st.sampled_from(["15", "60"]),
)
def test_pages_lose_no_row_and_bring_none_twice(shop, limit, scope, step):
    address = f"{DAY}&scope={scope}&step={step}"
    whole = shop.get(address).json["value"]
    found, following = [], f"{address}&limit={limit}"
    while following:
        page = shop.get(following).json
        assert len(page["value"]) <= limit
        found += page["value"]
        assert ("nextLink" in page) == (page["next"] is not None)
        following = page.get("nextLink", "").removeprefix("https://counts.example/api/v1")
    assert found == whole
    assert len(set(keys(whole))) == len(whole) > 0


def test_pages_that_were_begun_without_an_end_do_not_grow_while_they_are_turned(own_shop):
    first = own_shop.get("/counts?from=2026-05-04&limit=5").json
    own_shop.passes_hours(2)
    following, found = first["nextLink"].removeprefix("https://counts.example/api/v1"), first["value"]
    while following:
        page = own_shop.get(following).json
        found += page["value"]
        following = page.get("nextLink", "").removeprefix("https://counts.example/api/v1")
    assert len(found) == (3 + 1) * 4, "with the hour that was under way, and nothing that began later"


def test_counts_that_have_not_changed_are_not_sent_again(own_shop):
    tag = {"If-None-Match": own_shop.get(DAY).headers["ETag"]}
    assert own_shop.get(DAY, 304, headers=tag).data == b""
    own_shop.count(FRONT, 1)
    own_shop.write()
    assert own_shop.get(DAY, headers=tag).headers["ETag"] != tag["If-None-Match"]
    of_file = {"If-None-Match": own_shop.get("/counts.csv?from=2026-05-04").headers["ETag"]}
    own_shop.get("/counts.csv?from=2026-05-04", 304, headers=of_file)
    own_shop.passes_hours(1)
    own_shop.get("/counts.csv?from=2026-05-04", 200, headers=of_file)


def test_only_what_has_changed_since_comes_and_nothing_of_it_is_left_out(own_shop):
    for _ in range(5):
        own_shop.passes_hours(1)
    whole = own_shop.get(f"{DAY}&step=60").json
    nothing = own_shop.get(f"{DAY}&changedSince={whole['asOf']}").json
    assert {row["from"] for row in nothing["value"]} <= {row["from"] for row in whole["value"]}
    assert min(row["from"] for row in nothing["value"]) > whole["value"][0]["from"], "what ended long ago is left out"

    corrected(own_shop, FRONT, at(9), old=(1, 0), new=(7, 0))
    own_shop.passes_hours(1)
    then = own_shop.get(f"{DAY}&changedSince={whole['asOf']}").json["value"]
    now = own_shop.get(DAY).json["value"]
    before = dict(zip(keys(whole["value"]), whole["value"], strict=True))
    changed = [row for row, key in zip(now, keys(now), strict=True) if before.get(key) != row]
    assert len(changed) == 5, "the corrected hour, and four lines in the new one"
    assert all(row in then for row in changed)
    assert len(then) < len(now)


@pytest.mark.parametrize("since", ["ffffffff-3", "ffffffff-0"])
def test_of_a_log_that_nobody_knows_everything_may_have_changed(shop, since):
    assert shop.get(f"{DAY}&changedSince={since}").json["value"] == shop.get(DAY).json["value"]


def test_figures_as_they_were_known(own_shop):
    corrected(own_shop, FRONT, at(9), old=(1, 0), new=(7, 2))
    own_shop.clock.passes(timedelta(minutes=30).total_seconds())
    before = {row["from"]: row for row in own_shop.get(f"{DAY}&line=front-0-1-1").json["value"]}
    hour = "2026-05-04T07:00:00.000Z"
    assert (before[hour]["in"], before[hour]["out"], before[hour]["quality"]) == (7, 2, "corrected")
    known = own_shop.get(f"{DAY}&line=front-0-1-1&asKnownOn=2026-05-04T11:00:30%2B02:00").json["value"]
    assert [(row["in"], row["out"], row["quality"]) for row in known] == [(1, 0, "measured")] * 3
    (site, *_) = own_shop.get(f"{DAY}&scope=site&asKnownOn=2026-05-04T11:00:30%2B02:00").json["value"][1:]
    assert (site["in"], site["out"]) == (10, 6)
    at_its_end = own_shop.get(f"{DAY}&line=front-0-1-1&asKnownOn=2026-05-04").json["value"]
    assert [row["in"] for row in at_its_end] == [1, 7, 1]


def test_hours_that_began_later_were_not_known(shop):
    known = shop.get(f"{DAY}&scope=site&asKnownOn=2026-05-04T09:00:00%2B02:00").json["value"]
    assert [row["from"] for row in known] == ["2026-05-04T06:00:00.000Z"]
    assert shop.get(f"{DAY}&asKnownOn=2026-05-03").json["value"] == []


def test_a_camera_s_lines(shop):
    assert {row["lineId"] for row in shop.get(f"{DAY}&camera=wide").json["value"]} == {"wide-0-1-1", "wide-0-1-2"}


def test_times_may_have_the_seven_decimals_of_a_flow(shop):
    begun = DAY.replace("2026-05-04", "2026-05-04T06:30:00.1234567Z")
    assert begun != DAY
    assert {row["from"] for row in shop.get(begun).json["value"]} == {
        row["from"] for row in shop.get(DAY).json["value"] if row["from"] >= "2026-05-04T06:30"
    }


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("step=15&asKnownOn=2026-05-04", 400, "it needs step=60 or step=day"),
        ("asKnownOn=yesterday", 400, "asKnownOn: 'yesterday' is not a time with its zone"),
        ("changedSince=now", 400, "changedSince: malformed event id"),
        ("camera=wide&scope=door", 400, "a single one needs scope=line"),
        ("camera=x", 404, "Cameras: back, front, wide."),
        ("limit=10001", 400, "from 1 to 10000"),
    ],
)
def test_what_makes_no_sense_is_refused(shop, query, status, words):
    assert words in shop.get(f"{DAY}&{query}", status).json["detail"]


def test_a_file_has_the_same_rows_and_is_packed(shop):
    rows = shop.get(DAY).json["value"]
    answer = shop.get(DAY.replace("/counts", "/counts.csv"), headers={"Accept-Encoding": "gzip"})
    assert (answer.content_type, answer.headers["Content-Encoding"]) == ("text/csv; charset=utf-8", "gzip")
    read = list(csv.DictReader(io.StringIO(gzip.decompress(answer.data).decode())))
    assert [(row["from_utc"], row["line_id"], int(row["in"])) for row in read] == [
        (row["from"], row["lineId"], row["in"]) for row in rows
    ]


def test_a_database_that_is_away_is_said_without_its_secrets(own_shop, monkeypatch):
    def fail(*_args, **_options):
        raise DatabaseUnavailable("login failed for user 'sa'")

    monkeypatch.setattr(own_shop.past, "hours", fail)
    for address in (DAY, DAY.replace("/counts", "/counts.csv")):
        answer = own_shop.get(address, 503)
        assert (answer.headers["Retry-After"], answer.content_type) == ("10", "application/problem+json")
        assert "sa'" not in answer.text


def test_a_tag_is_the_same_in_whichever_order_a_process_tells_a_set():
    pairs = ((frozenset([one, other]), frozenset([other, one])) for one, other in combinations(map(str, range(100)), 2))
    one, other = next(pair for pair in pairs if repr(pair[0]) != repr(pair[1]))
    assert tag_of("version", one) == tag_of("version", other)
    assert tag_of("version", one) != tag_of("version", None)

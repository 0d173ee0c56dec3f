"""What there is, and how it stands just now."""

import re

import pytest


def test_lists_are_answered_with_ids_and_names(shop):
    for address, name, found in (
        ("/sites", "siteName", {"Shop"}),
        ("/doors", "doorName", {"Front", "Back", "Wide"}),
        ("/cameras", "cameraName", {"Front", "Back", "Wide"}),
        ("/lines", "lineName", {"Front", "Back", "Left", "Right"}),
    ):
        assert {row[name] for row in shop.get(address).json["value"]} == found


def test_what_has_not_changed_is_not_sent_again(shop):
    first = shop.get("/counts/latest")
    again = shop.get("/counts/latest", 304, headers={"If-None-Match": first.headers["ETag"]})
    assert again.data == b""
    assert again.headers["ETag"] == first.headers["ETag"]
    assert shop.get("/counts/latest?scope=site", headers={"If-None-Match": first.headers["ETag"]}).json


def test_the_newest_figures_of_lines_doors_and_sites(shop):
    lines = {row["lineName"]: row for row in shop.get("/counts/latest?scope=line").json["value"]}
    assert (lines["Right"]["inToday"], lines["Right"]["outToday"], lines["Right"]["cameraId"]) == (9, 6, "wide")
    doors = {row["doorName"]: row for row in shop.get("/counts/latest").json["value"]}
    assert (doors["Wide"]["inToday"], doors["Wide"]["lineId"], doors["Wide"]["complete"]) == (15, None, True)
    (site,) = shop.get("/counts/latest?scope=site").json["value"]
    assert (site["inToday"], site["outToday"], site["occupancy"], site["doorId"]) == (30, 18, 12, None)
    assert site["lastEventId"] == str(shop.board.head)
    assert site["time"] == min(row["time"] for row in lines.values())


def test_only_what_is_asked_for_comes(shop):
    assert {row["doorName"] for row in shop.get("/counts/latest?camera=wide").json["value"]} == {"Wide"}
    assert {row["lineId"] for row in shop.get("/counts/latest?scope=line&door=shop-wide").json["value"]} == {
        "wide-0-1-1",
        "wide-0-1-2",
    }


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/doors?site=shpo", 404, "No site 'shpo' here. Sites: shop."),
        ("/counts/latest?camera=x", 404, "Cameras: back, front, wide."),
        ("/counts/latest?scope=world", 400, "scope: 'world' is not known; allowed are line, door, site."),
        ("/sites?site=shop", 400, "'site' is not known here"),
        ("/doors?site=shop&site=shop", 400, "site is given twice"),
    ],
)
def test_what_makes_no_sense_is_refused_in_problem_details(shop, address, status, words):
    answer = shop.get(address, status)
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == status
    assert words in answer.json["detail"]


def test_a_long_answer_is_packed_where_that_is_understood(shop):
    plain = shop.get("/counts/latest?scope=line")
    packed = shop.get("/counts/latest?scope=line", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data)
    assert packed.headers["ETag"] == plain.headers["ETag"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Content-Encoding" not in shop.get("/sites", headers={"Accept-Encoding": "gzip;q=0"}).headers


def test_a_request_has_its_id_back(shop):
    answer = shop.get("/ping", headers={"x-ms-client-request-id": "0f2c-1"})
    assert answer.headers["X-Request-Id"] == "0f2c-1"
    assert re.fullmatch("[0-9a-f]{12}", shop.get("/ping").headers["X-Request-Id"])


def test_a_camera_is_polled_at_once_on_the_word_of_somebody_who_may(shop):
    assert shop.client.post("/api/v1/cameras/front/poll").status_code == 403
    assert shop.polled == []

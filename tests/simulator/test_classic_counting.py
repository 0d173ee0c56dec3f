"""The classic interface: ``peoplecount`` view and check, and the pages beside it."""

import json
from dataclasses import replace

import pytest

from peoplecount.simulator.firmware import AI, MANUAL_JSON, NGINX_JSON, OLD_TEXT
from tests.support.virtual_cameras import CHECK, TWO_CHANNELS, TWO_LINES, VIEW, CameraUnderTest, plan

SYSTEM = "/stw-cgi/system.cgi?msubmenu="


def test_check_in_text_is_as_the_event_manual_prints_it():
    camera = CameraUnderTest(plan(firmware=OLD_TEXT, lines=TWO_LINES))
    camera.walk(entered=4, left=3)
    camera.walk(entered=1, line=2)
    assert camera.caller.text(CHECK) == (
        "Channel.0.LineIndex=1\r\n"
        "Channel.0.LineIndex.1.Name=EastDoor\r\n"
        "Channel.0.LineIndex.1.InCount=4\r\n"
        "Channel.0.LineIndex.1.OutCount=3\r\n"
        "Channel.0.LineIndex=2\r\n"
        "Channel.0.LineIndex.2.Name=WestDoor\r\n"
        "Channel.0.LineIndex.2.InCount=1\r\n"
        "Channel.0.LineIndex.2.OutCount=0\r\n"
    )


def test_check_in_json_is_as_the_event_manual_prints_it():
    camera = CameraUnderTest(plan(lines=TWO_LINES))
    camera.walk(entered=4, left=3)
    assert camera.caller.json(CHECK) == {
        "PeopleCount": [
            {
                "Lines": [
                    {"LineIndex": 1, "Name": "EastDoor", "InCount": 4, "OutCount": 3},
                    {"LineIndex": 2, "Name": "WestDoor", "InCount": 0, "OutCount": 0},
                ]
            }
        ]
    }


def test_newer_firmware_names_the_channel_in_json():
    camera = CameraUnderTest(plan(firmware=NGINX_JSON, lines=TWO_CHANNELS))
    assert [element["Channel"] for element in camera.caller.json(CHECK)["PeopleCount"]] == [0, 1]


def test_text_is_the_default_and_json_is_asked_for():
    camera = CameraUnderTest()
    assert camera.caller.get(CHECK).content_type == "text/plain"
    assert camera.caller.get(CHECK, accept="application/json").content_type == "application/json"


def test_text_only_firmware_answers_text_whatever_is_asked_for():
    camera = CameraUnderTest(plan(firmware=OLD_TEXT))
    response = camera.caller.get(CHECK, accept="application/json")
    assert response.content_type == "text/plain"
    assert response.body.startswith(b"Channel.0.LineIndex=1\r\n")


def test_some_firmware_ends_lines_with_lf():
    camera = CameraUnderTest(plan(firmware=replace(OLD_TEXT, line_end="\n")))
    assert "\r" not in camera.caller.text(CHECK)


def test_a_channel_can_be_asked_for_and_each_has_its_own_counts():
    camera = CameraUnderTest(plan(firmware=OLD_TEXT, lines=TWO_CHANNELS))
    camera.walk(entered=2, channel=1)
    assert "Channel.1.LineIndex.1.InCount=2" in camera.caller.text(f"{CHECK}&Channel=1")
    assert "Channel.1" not in camera.caller.text(f"{CHECK}&Channel=0")


def test_a_line_can_be_asked_for():
    camera = CameraUnderTest(plan(lines=TWO_LINES))
    lines = camera.caller.json(f"{CHECK}&LineIndex=2")["PeopleCount"][0]["Lines"]
    assert [line["Name"] for line in lines] == ["WestDoor"]


def test_view_shows_how_lines_are_set_up():
    camera = CameraUnderTest(plan(firmware=NGINX_JSON, lines=TWO_LINES))
    channel = camera.caller.json(f"{VIEW}&Channel=0")["PeopleCount"][0]
    assert (channel["Channel"], channel["MasterName"], channel["Enable"]) == (0, "PeopleCount-Master", True)
    assert [(line["Line"], line["Name"], line["Enable"]) for line in channel["Lines"]] == [
        (1, "EastDoor", True),
        (2, "WestDoor", True),
    ]
    text = camera.caller.text(VIEW)
    assert "Channel.0.Line.2.Name=WestDoor\r\nChannel.0.Line.2.Enable=True\r\n" in text


def test_a_line_that_is_off_is_in_view_but_not_in_check():
    lines = (TWO_LINES[0], replace(TWO_LINES[1], enabled=False))
    camera = CameraUnderTest(plan(lines=lines))
    camera.walk(entered=3, line=2)
    assert camera.totals() == [(0, 0)]
    shown = camera.caller.json(VIEW)["PeopleCount"][0]["Lines"]
    assert [line["Enable"] for line in shown] == [True, False]


def test_totals_fall_to_zero_at_local_midnight():
    camera = CameraUnderTest(start="2026-03-28T23:59:59")
    camera.walk(entered=5, left=4)
    assert camera.totals() == [(5, 4)]
    camera.time.reaches("2026-03-29T00:00:00")
    assert camera.totals() == [(0, 0)]
    camera.walk(entered=1)
    camera.time.passes(22 * 3600)  # 23:00, as this day lacks an hour
    assert camera.totals() == [(1, 0)]
    camera.time.passes(3600)
    assert camera.totals() == [(0, 0)]


def test_device_info_tells_identity_and_version():
    info = CameraUnderTest(plan(serial="ZSIM0000000042X")).caller.json(f"{SYSTEM}deviceinfo&action=view")
    assert info["SerialNumber"] == "ZSIM0000000042X"
    assert info["ConnectedMACAddress"] == "00:00:5E:00:53:01"
    assert info["CGIVersion"] == MANUAL_JSON.sunapi_version
    assert info["DeviceType"] == "NWC"


def test_date_shows_local_time_utc_and_the_rule():
    camera = CameraUnderTest(start="2026-07-01T09:31:07")
    assert camera.caller.text(f"{SYSTEM}date&action=view").split("\r\n")[:2] == [
        "LocalTime=2026-07-01 09:31:07",
        "UTCTime=2026-07-01 07:31:07",
    ]
    date = camera.caller.json(f"{SYSTEM}date&action=view")
    assert date["DSTEnable"] is True
    assert date["POSIXTimeZone"] == "STWT-1STWST,M3.5.0/2:0:0,M10.5.0/3:0:0"


def test_source_options_and_apps_tell_classic_cameras_from_wiseai_ones():
    for firmware, counts, installed in ((MANUAL_JSON, True, []), (AI, False, ["WiseAI"])):
        caller = CameraUnderTest(plan(firmware=firmware)).caller
        sources = caller.json("/stw-cgi/eventsources.cgi?msubmenu=sourceoptions&action=view")["EventSources"]
        assert ({"EventSource": "PeopleCount", "EventAction": []} in sources) is counts
        apps = caller.json("/stw-cgi/opensdk.cgi?msubmenu=apps&action=view")
        assert [app["AppID"] for app in apps["Apps"]] == installed
        assert apps["InstalledApps"] == len(installed)


def test_apps_in_text_have_the_app_in_front():
    text = CameraUnderTest(plan(firmware=AI)).caller.text("/stw-cgi/opensdk.cgi?msubmenu=apps&action=view")
    assert "InstalledApps=1\r\n" in text
    assert "WiseAI.Status=Running\r\n" in text


def test_attributes_are_xml_whatever_is_asked_for():
    caller = CameraUnderTest(plan(lines=TWO_CHANNELS)).caller
    response = caller.get("/stw-cgi/attributes.cgi/attributes/System/Limit/MaxChannel", accept="application/json")
    assert response.content_type == "text/xml"
    assert b'<attribute name="MaxChannel" accesslevel="user" value="2" type="int"/>' in response.body
    assert caller.get("/stw-cgi/attributes.cgi").body.count(b"<attribute ") == 5
    assert "Error Code: 700" in caller.text("/stw-cgi/attributes.cgi/attributes/System/Limit/Nothing")


def test_the_first_state_is_told_without_a_login():
    camera = CameraUnderTest()
    response = camera.caller.send("/init-cgi/pw_init.cgi?msubmenu=statuscheck&action=view")
    assert response.status == 200
    assert json.loads(response.body)["Initialized"] is True
    assert camera.front.count.unauthorized == 0


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("/stw-cgi/eventsources.cgi?msubmenu=nothing&action=view", 600),
        ("/stw-cgi/eventsources.cgi?msubmenu=PeopleCount&action=check", 600),  # case matters
        ("/stw-cgi/eventsources.cgi?msubmenu=peoplecount&action=look", 601),
        (f"{CHECK}&Colour=blue", 602),
        ("/stw-cgi/eventsources.cgi?msubmenu=peoplecount", 603),
        (f"{CHECK}&Channel=1", 604),
        (f"{CHECK}&Channel=x", 604),
        (f"{CHECK}&LineIndex=x", 604),
    ],
)
def test_what_a_device_refuses_has_its_code_in_both_forms(target, code):
    caller = CameraUnderTest().caller
    response = caller.get(target)
    assert response.status == 200
    assert response.body.startswith(f"NG\nError Code: {code}\nError Details:\n".encode())
    assert caller.json(target)["Error"]["Code"] == code


def test_a_cache_breaker_is_ignored():
    assert "LineIndex" in CameraUnderTest().caller.text(f"{CHECK}&SunapiSeqId=17")


@pytest.mark.parametrize("target", ["/stw-cgi/nothing.cgi?msubmenu=x&action=view", "/opensdk/WiseAI/x", "/", "/x"])
def test_what_is_not_there_is_404(target):
    assert CameraUnderTest().caller.get(target).status == 404


def test_a_wiseai_camera_has_no_classic_counting():
    assert CameraUnderTest(plan(firmware=AI)).caller.json(CHECK)["Error"]["Code"] == 600


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", f"{SYSTEM}databasereset&action=control&IncludeDataType=PeopleCount"),
        ("GET", f"{SYSTEM}power&action=control&Type=Restart"),
        ("GET", "/stw-cgi/eventsources.cgi?msubmenu=peoplecount&action=set&Channel=0"),
        ("POST", CHECK),
    ],
)
def test_whatever_writes_is_refused_and_remembered(method, target):
    camera = CameraUnderTest()
    camera.walk(entered=2)
    answer = json.loads(camera.caller.get(target, method=method, accept="application/json").body)
    assert answer["Error"]["Code"] == 609
    assert set(camera.front.count.forbidden) == {f"{method} {target}"}
    assert camera.totals() == [(2, 0)]

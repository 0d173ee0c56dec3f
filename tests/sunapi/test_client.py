from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.camera import CameraProtocol
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Totals
from peoplecount.sunapi import queries
from peoplecount.sunapi.client import SunapiClient
from peoplecount.sunapi.configuration import MOST_LINES
from peoplecount.sunapi.errors import CameraUnreachable, CountingUnavailable, UnexpectedAnswer
from tests.support.camera_pages import APPS, CHECK, DATE, INFO, LIMIT, VIEW, check_of, date_of, view_of
from tests.support.digest_camera import DigestCamera
from tests.support.fake_clock import FakeClock

ClientFor = Callable[..., SunapiClient]


def totals_of(reading_lines: tuple[LineReading, ...]) -> dict[str, tuple[int, int]]:
    return {str(line.key): (line.totals.in_total, line.totals.out_total) for line in reading_lines}


def test_a_first_poll_learns_the_device_and_reads_its_totals(classic: DigestCamera, client: SunapiClient) -> None:
    reading = client.read()

    assert reading.camera_id == "front"
    assert reading.serial == "Z1"
    assert reading.taken_at == datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
    assert reading.local_time == datetime(2026, 5, 4, 14, 0)
    assert reading.lines == (
        LineReading(LineKey("front", 0, 1, 1), "East", Totals(412, 398)),
        LineReading(LineKey("front", 0, 1, 2), "West", Totals(57, 61)),
    )
    assert client.protocol is CameraProtocol.CLASSIC
    assert classic.targets() == [INFO, APPS, VIEW, LIMIT, DATE, CHECK]
    assert classic.verdicts() == ["challenged"] + ["let in"] * 6
    assert (client.requests_sent, client.refusals) == (7, 1)


def test_fifty_polls_each_in_a_thread_of_its_own_are_fifty_requests(
    classic: DigestCamera, client: SunapiClient
) -> None:
    client.read()
    classic.seen.clear()

    for _ in range(50):
        poll = threading.Thread(target=client.read)
        poll.start()
        poll.join()

    assert [seen.target for seen in classic.seen] == [CHECK] * 50
    assert set(classic.verdicts()) == {"let in"}
    counts = [int(seen.authorization["nc"], 16) for seen in classic.seen]
    assert counts == list(range(counts[0], counts[0] + 50))
    assert len({seen.connection for seen in classic.seen}) == 1


def test_a_nonce_that_expires_costs_one_request_each_time(classic: DigestCamera, client: SunapiClient) -> None:
    classic.nonce_uses = 20
    client.read()
    before, refused = client.requests_sent, client.refusals

    for _ in range(100):
        client.read()

    assert client.requests_sent - before == 105
    assert client.refusals - refused == 5
    assert "wrong" not in classic.verdicts()


def test_a_preset_interface_is_not_questioned(classic: DigestCamera, client_for: ClientFor) -> None:
    client = client_for(classic, protocol=CameraProtocol.CLASSIC)
    assert client.protocol is CameraProtocol.CLASSIC

    client.read()

    assert APPS not in classic.targets()


def test_a_disabled_line_is_not_read(classic: DigestCamera, client: SunapiClient) -> None:
    classic.says(VIEW, view_of((1, "East", True), (2, "West", False)))

    assert totals_of(client.read().lines) == {"front-0-1-1": (412, 398)}


def test_a_line_that_is_missing_is_absent_and_not_zero(classic: DigestCamera, client: SunapiClient) -> None:
    client.read()
    classic.says(CHECK, check_of((2, 58, 61)))

    assert totals_of(client.read().lines) == {"front-0-1-2": (58, 61)}


def test_lines_of_a_camera_that_lists_none_are_all_read(classic: DigestCamera, client: SunapiClient) -> None:
    classic.says(VIEW, '{"PeopleCount":[{"Channel":0,"Enable":true}]}')

    assert [line.name for line in client.read().lines] == ["", ""]


@pytest.mark.parametrize(
    "view",
    [
        view_of((1, "East", True), enabled=False),
        view_of((1, "East", False), (2, "West", False)),
        '{"PeopleCount":[]}',
    ],
)
def test_counting_that_is_switched_off_is_said_and_not_polled(
    classic: DigestCamera, client: SunapiClient, view: str
) -> None:
    classic.says(VIEW, view)

    with pytest.raises(CountingUnavailable, match="switched off"):
        client.read()
    assert CHECK not in classic.targets()


def test_counting_that_is_switched_on_again_is_found(classic: DigestCamera, client: SunapiClient) -> None:
    classic.says(VIEW, view_of((1, "East", False)))
    with pytest.raises(CountingUnavailable):
        client.read()
    classic.says(VIEW, view_of((1, "East", True)))

    assert totals_of(client.read().lines) == {"front-0-1-1": (412, 398)}


def test_an_answer_without_any_of_the_lines_is_an_error_and_no_empty_reading(
    classic: DigestCamera, client: SunapiClient
) -> None:
    classic.says(CHECK, '{"PeopleCount":[{"Lines":[]}]}')

    with pytest.raises(UnexpectedAnswer, match="none of the lines"):
        client.read()


def test_new_lines_are_noticed_at_once(classic: DigestCamera, client: SunapiClient, clock: FakeClock) -> None:
    client.read()
    clock.passes(61)
    classic.says(VIEW, view_of((1, "East", True), (2, "West", True), (3, "North", True)))
    classic.says(CHECK, check_of((1, 412, 398), (2, 57, 61), (3, 0, 0)))

    assert totals_of(client.read().lines)["front-0-1-3"] == (0, 0)


def test_a_camera_that_shows_ever_other_lines_is_read_at_as_many_as_it_may_have(
    classic: DigestCamera, client: SunapiClient, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    classic.says(VIEW, json.dumps({"PeopleCount": [{"Channel": channel, "Enable": True} for channel in range(100)]}))

    def shows(index: int) -> None:
        line = {"LineIndex": index, "InCount": 7, "OutCount": 0}
        classic.says(CHECK, json.dumps({"PeopleCount": [{"Channel": n, "Lines": [line]} for n in range(100)]}))

    met: set[LineKey] = set()
    for index in range(1, 6):
        shows(index)
        with contextlib.suppress(UnexpectedAnswer):
            met |= {line.key for line in client.read().lines}
        clock.passes(5)

    assert len(met) == MOST_LINES
    assert caplog.text.count("it shows ever other lines") == 1
    shows(1)
    assert len(client.read().lines) == 100


def test_lines_that_come_and_go_do_not_double_the_requests(
    classic: DigestCamera, client: SunapiClient, clock: FakeClock
) -> None:
    client.read()
    classic.seen.clear()
    for number in range(12):
        clock.passes(5)
        classic.says(CHECK, check_of((1, 412, 398), (2, 57, 61)) if number % 2 else check_of((1, 412, 398)))
        client.read()

    assert classic.targets().count(VIEW) == 1


def test_the_clock_is_read_in_each_quarter_of_an_hour(
    classic: DigestCamera, client: SunapiClient, clock: FakeClock
) -> None:
    clock.passes(14 * 60)
    client.read()
    classic.seen.clear()
    clock.passes(59)
    client.read()
    assert classic.targets() == [CHECK]

    clock.passes(1)
    client.read()

    assert classic.targets() == [CHECK, DATE, CHECK]


def test_a_change_of_the_zone_is_in_the_first_reading_after_it(
    classic: DigestCamera, client: SunapiClient, clock: FakeClock
) -> None:
    clock.passes(14 * 60 + 55)
    assert client.read().local_time == datetime(2026, 5, 4, 14, 14, 55)
    classic.says(DATE, lambda: date_of(clock, hours=1).encode())
    clock.passes(5)

    assert client.read().local_time == datetime(2026, 5, 4, 13, 15)


def test_lines_are_read_every_fifteen_minutes_and_the_device_every_hour(
    classic: DigestCamera, client: SunapiClient, clock: FakeClock
) -> None:
    client.read()
    classic.seen.clear()
    for _ in range(4 * 60):
        clock.passes(60)
        client.read()

    asked = classic.targets()
    assert (asked.count(VIEW), asked.count(DATE), asked.count(INFO)) == (16, 16, 4)
    assert asked.count(CHECK) == 240
    assert asked.count(APPS) == 0


def test_times_are_those_of_the_clock_that_is_played(
    classic: DigestCamera, client_for: ClientFor, clock: FakeClock
) -> None:
    clock.speed = 3600.0
    client = client_for(classic)
    client.read()
    classic.seen.clear()
    clock.passes(1)

    client.read()

    assert classic.targets() == [INFO, VIEW, DATE, CHECK]


def test_a_camera_with_a_wrong_clock_is_read_by_its_own(
    classic: DigestCamera, client: SunapiClient, clock: FakeClock
) -> None:
    clock.passes(30)
    classic.says(DATE, '{"LocalTime":"2026-05-04 14:10:30","UTCTime":"2026-05-04 12:10:30"}')

    reading = client.read()

    assert reading.taken_at == clock.now()
    assert reading.local_time == datetime(2026, 5, 4, 14, 10, 30, 500_000)
    assert reading.doubt == timedelta(seconds=0.5)


def test_a_clock_that_answers_nonsense_once_is_taken_as_before(
    classic: DigestCamera, client: SunapiClient, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    client.read()
    classic.says(DATE, "LocalTime=yesterday")
    clock.passes(15 * 60)

    assert client.read().local_time == datetime(2026, 5, 4, 14, 15)
    assert "making do" in caplog.text
    classic.seen.clear()
    clock.passes(10)
    client.read()
    assert classic.targets() == [CHECK]


def test_without_any_clock_there_is_no_reading(classic: DigestCamera, client: SunapiClient) -> None:
    classic.says(DATE, "LocalTime=yesterday")

    with pytest.raises(UnexpectedAnswer, match="YYYY-MM-DD"):
        client.read()


def test_after_a_minute_of_silence_everything_is_asked_again(
    classic: DigestCamera, client: SunapiClient, clock: FakeClock
) -> None:
    client.read()
    classic.before = hang_up
    with pytest.raises(CameraUnreachable):
        client.read()
    clock.passes(60)
    with pytest.raises(CameraUnreachable):
        client.read()
    classic.before = lambda handler: False
    classic.seen.clear()

    client.read()
    client.read()

    assert classic.targets() == [INFO, VIEW, DATE, CHECK, CHECK]


def test_a_single_lost_poll_costs_nothing_more(classic: DigestCamera, client: SunapiClient, clock: FakeClock) -> None:
    client.read()
    classic.before = hang_up
    with pytest.raises(CameraUnreachable):
        client.read()
    classic.before = lambda handler: False
    clock.passes(10)
    classic.seen.clear()

    client.read()

    assert classic.targets() == [CHECK]


def test_another_device_at_the_address_is_noticed_by_its_realm(classic: DigestCamera, client: SunapiClient) -> None:
    assert client.read().serial == "Z1"
    classic.realm = "iPolis_00-00-5E-00-53-99"
    classic.says(INFO, '{"Model":"XNV-1","SerialNumber":"Z2"}')
    classic.forgets_nonces()

    assert client.read().serial == "Z2"


def test_another_device_at_the_address_is_noticed_within_the_hour(
    classic: DigestCamera, client: SunapiClient, clock: FakeClock
) -> None:
    client.read()
    classic.says(INFO, '{"Model":"XNV-2","ConnectedMACAddress":"00:00:5E:00:53:99"}')
    clock.passes(3600)
    classic.seen.clear()

    assert client.read().serial == "00:00:5E:00:53:99"
    assert classic.targets() == [INFO, APPS, VIEW, LIMIT, DATE, CHECK]


def test_new_firmware_is_a_reason_to_choose_anew_and_a_new_name_is_not(
    classic: DigestCamera, client: SunapiClient, clock: FakeClock
) -> None:
    client.read()
    for changed, chosen_anew in (('"DeviceName":"Door","FirmwareVersion":"2.1"', 0), ('"FirmwareVersion":"2.2"', 1)):
        classic.says(INFO, f'{{"Model":"XNV-1","SerialNumber":"Z1",{changed}}}')
        clock.passes(3600)
        classic.seen.clear()
        client.read()
        assert classic.targets().count(APPS) == chosen_anew


def test_a_device_that_once_does_not_say_what_it_is_keeps_its_name(
    classic: DigestCamera, client: SunapiClient, clock: FakeClock
) -> None:
    client.read()
    classic.forgets(INFO)
    clock.passes(3600)

    assert client.read().serial == "Z1"


def test_a_camera_too_busy_for_its_configuration_is_read_with_the_old_one(
    classic: DigestCamera, client: SunapiClient, clock: FakeClock
) -> None:
    client.read()
    classic.says(VIEW, '{"Response":"Fail","Error":{"Code":610,"Details":"Cannot Access Resource"}}')
    clock.passes(15 * 60)

    assert totals_of(client.read().lines) == {"front-0-1-1": (412, 398), "front-0-1-2": (57, 61)}


def test_a_camera_whose_counting_was_removed_says_so(
    classic: DigestCamera, client: SunapiClient, clock: FakeClock
) -> None:
    client.read()
    classic.says(VIEW, '{"Response":"Fail","Error":{"Code":608,"Details":"Not Supported"}}')
    clock.passes(15 * 60)

    with pytest.raises(CountingUnavailable, match="does not offer"):
        client.read()
    assert client.protocol is None


def test_a_device_that_does_not_tell_its_channels_is_taken_at_its_word(
    classic: DigestCamera, client: SunapiClient
) -> None:
    classic.says(LIMIT, "", 500)

    assert totals_of(client.read().lines) == {"front-0-1-1": (412, 398), "front-0-1-2": (57, 61)}


def test_a_device_that_does_not_say_what_it_is_is_read_all_the_same(
    classic: DigestCamera, client: SunapiClient
) -> None:
    classic.forgets(INFO)

    assert client.read().serial == ""


def test_what_cannot_be_used_is_logged_when_it_changes_and_not_with_every_poll(
    classic: DigestCamera, client: SunapiClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "peoplecount.sunapi")
    for left in (-1, -2, -3):
        classic.says(CHECK, check_of((1, 412, 398), (2, 57, left)))
        assert list(totals_of(client.read().lines)) == ["front-0-1-1"]
    classic.says(CHECK, check_of((1, 412, 398), (2, 57, 61)))
    client.read()
    client.read()

    assert [record.getMessage() for record in caplog.records] == [
        "camera front: line 2 of channel 0: OutCount is not a count; the line is left out",
        "camera front: all lines can be used again",
    ]


def test_examine_shows_what_an_installer_wants_to_see(
    classic: DigestCamera, client: SunapiClient, clock: FakeClock
) -> None:
    classic.says(VIEW, view_of((1, "East", True), (2, "West", False)))
    classic.says(DATE, '{"LocalTime":"2026-05-04 14:10:00","UTCTime":"2026-05-04 12:10:00"}')

    device = client.examine()

    assert (device.camera_id, device.address) == ("front", classic.address)
    assert (device.info.model, device.info.serial_number, device.info.firmware) == ("XNV-1", "Z1", "2.1")
    assert device.protocol is CameraProtocol.CLASSIC
    assert [channel.channel for channel in device.channels] == [0]
    first, second = device.channels[0].lines
    assert (first.key, first.name, first.enabled, first.totals) == (
        LineKey("front", 0, 1, 1),
        "East",
        True,
        Totals(412, 398),
    )
    assert (second.name, second.enabled, second.totals) == ("West", False, None)
    assert (device.utc_offset, device.clock_error) == (timedelta(hours=2), 600.5)
    assert (device.requests_per_poll, device.problems) == (1, ())


def test_examine_shows_a_camera_whose_counting_is_switched_off(classic: DigestCamera, client: SunapiClient) -> None:
    classic.says(VIEW, view_of((1, "East", True), enabled=False))

    device = client.examine()

    assert "switched off" in device.problems[0]
    assert device.channels[0].lines[0].totals is None


def test_examine_reports_lines_that_cannot_be_used(classic: DigestCamera, client: SunapiClient) -> None:
    classic.says(CHECK, '{"PeopleCount":[{"Lines":[{"LineIndex":1,"InCount":3}]}]}')

    assert client.examine().problems == ("line 1 of channel 0: OutCount is missing; the line is left out",)


def test_closing_twice_is_allowed(client: SunapiClient) -> None:
    client.read()
    client.close()
    client.close()


class TestSeveralChannels:
    @pytest.fixture
    def two(self, classic: DigestCamera) -> DigestCamera:
        classic.says(LIMIT, '<attribute name="MaxChannel" value="2" type="int"/>')
        views = [json.loads(view_of((1, f"Door {number}", True), channel=number)) for number in (0, 1)]
        classic.says(VIEW, json.dumps({"PeopleCount": [view["PeopleCount"][0] for view in views]}))
        classic.says(queries.classic_counts(0).target, check_of((1, 1, 2)))
        classic.says(queries.classic_counts(1).target, check_of((1, 3, 4)))
        return classic

    def test_one_answer_for_all_channels_is_preferred(self, two: DigestCamera, client: SunapiClient) -> None:
        both = [json.loads(check_of((1, 1, 2)))["PeopleCount"][0], json.loads(check_of((1, 3, 4)))["PeopleCount"][0]]
        two.says(CHECK, json.dumps({"PeopleCount": [{"Channel": number} | one for number, one in enumerate(both)]}))

        client.read()
        two.seen.clear()
        assert totals_of(client.read().lines) == {"front-0-1-1": (1, 2), "front-1-1-1": (3, 4)}
        assert two.targets() == [CHECK]

    @pytest.mark.parametrize(
        "first",
        [
            check_of((1, 1, 2)),
            '{"Response":"Fail","Error":{"Code":"603"}}',
            pytest.param(
                json.dumps({"PeopleCount": [json.loads(check_of((1, 9, 9)))["PeopleCount"][0]] * 2}), id="no Channel"
            ),
        ],
    )
    def test_else_each_channel_is_asked_which_is_found_out_once(
        self, two: DigestCamera, client: SunapiClient, first: str
    ) -> None:
        two.says(CHECK, first)

        assert totals_of(client.read().lines) == {"front-0-1-1": (1, 2), "front-1-1-1": (3, 4)}
        two.seen.clear()
        client.read()
        assert two.targets() == [queries.classic_counts(0).target, queries.classic_counts(1).target]
        assert client.examine().requests_per_poll == 2

    def test_one_channel_that_is_refused_does_not_lose_the_other(self, two: DigestCamera, client: SunapiClient) -> None:
        two.says(CHECK, check_of((1, 1, 2)))
        two.says(queries.classic_counts(0).target, "NG\r\nError Code: 604\r\nError Details: \r\nInvalid\r\n")

        assert totals_of(client.read().lines) == {"front-1-1-1": (3, 4)}

    def test_a_channel_that_the_configuration_leaves_out_is_asked_for(
        self, two: DigestCamera, client: SunapiClient
    ) -> None:
        two.says(VIEW, view_of((1, "Door 0", True)))
        two.says(queries.classic_configuration(1).target, view_of((1, "Door 1", True), channel=1))

        assert [line.name for line in client.read().lines] == ["Door 0", "Door 1"]

    def test_a_channel_without_counting_is_left_out(self, two: DigestCamera, client: SunapiClient) -> None:
        two.says(VIEW, view_of((1, "Door 0", True)))

        assert totals_of(client.read().lines) == {"front-0-1-1": (412, 398)}

    def test_a_device_that_wants_a_channel_even_for_its_configuration_gets_one(
        self, two: DigestCamera, client: SunapiClient
    ) -> None:
        two.says(VIEW, '{"Response":"Fail","Error":{"Code":603,"Details":"Missing Required Parameter(s)"}}')
        two.says(queries.classic_configuration(0).target, view_of((1, "Door 0", True)))

        assert totals_of(client.read().lines) == {"front-0-1-1": (412, 398)}


class TestWiseAi:
    @pytest.fixture
    def ai(self, classic: DigestCamera) -> DigestCamera:
        classic.says(APPS, '{"InstalledApps":1,"Apps":[{"AppID":"WiseAI","Status":"Running","Channel":"0"}]}')
        classic.says(
            queries.wiseai_capability().target,
            '{"capabilities":[{"channel":0,"objectcounting":true},{"channel":1,"objectcounting":true}]}',
        )
        for channel, rule in ((0, 2), (1, 2)):
            classic.says(queries.wiseai_configuration(channel).target, ai_configuration(channel, rule))
        classic.says(queries.wiseai_counts([0, 1], 2).target, ai_counts((0, 2, 5, 6), (1, 2, 7, 8)))
        return classic

    def test_wiseai_is_read_where_it_runs_and_counts(self, ai: DigestCamera, client: SunapiClient) -> None:
        reading = client.read()

        assert client.protocol is CameraProtocol.WISEAI
        assert totals_of(reading.lines) == {"front-0-2-1": (5, 6), "front-1-2-1": (7, 8)}
        assert [line.name for line in reading.lines] == ["Door 0", "Door 1"]
        ai.seen.clear()
        client.read()
        assert ai.targets() == [queries.wiseai_counts([0, 1], 2).target]

    def test_a_camera_has_so_many_lines_at_most_and_says_that_there_are_more(
        self, ai: DigestCamera, client: SunapiClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        for channel in (0, 1):
            (element,) = json.loads(ai_configuration(channel, 2))["objectCountingConfiguration"]
            element["countingRules"][0]["lines"] = [{"index": index} for index in range(1, 201)]
            page = json.dumps({"objectCountingConfiguration": [element]})
            ai.says(queries.wiseai_configuration(channel).target, page)
        live = json.loads(ai_counts((0, 2, 5, 6), (1, 2, 7, 8)))
        for element in live["objectCountingLive"]:
            (line,) = element["countingRules"][0]["lines"]
            element["countingRules"][0]["lines"] = [line | {"index": index} for index in range(1, 201)]
        ai.says(queries.wiseai_counts([0, 1], 2).target, json.dumps(live))

        lines = client.read().lines

        assert len(lines) == 256
        assert str(lines[-1].key) == "front-1-2-56"
        assert "there are 400 lines; the first 256 are taken" in caplog.text
        assert any("there are 400 lines" in problem for problem in client.examine().problems)

    def test_rules_of_different_numbers_are_asked_one_by_one(self, ai: DigestCamera, client: SunapiClient) -> None:
        ai.says(queries.wiseai_configuration(1).target, ai_configuration(1, 1))
        ai.says(queries.wiseai_counts([0], 2).target, ai_counts((0, 2, 5, 6)))
        ai.says(queries.wiseai_counts([1], 1).target, ai_counts((1, 1, 7, 8)))

        assert totals_of(client.read().lines) == {"front-0-2-1": (5, 6), "front-1-1-1": (7, 8)}

    def test_a_device_that_takes_no_list_of_channels_is_asked_for_each(
        self, ai: DigestCamera, client: SunapiClient
    ) -> None:
        error = '{"response":"Fail","error":{"code":604,"details":"Invalid Input Value(s)"}}'
        ai.says(queries.wiseai_counts([0, 1], 2).target, error, status=400)
        ai.says(queries.wiseai_counts([0], 2).target, ai_counts((0, 2, 5, 6)))
        ai.says(queries.wiseai_counts([1], 2).target, ai_counts((1, 2, 7, 8)))

        assert totals_of(client.read().lines) == {"front-0-2-1": (5, 6), "front-1-2-1": (7, 8)}

    def test_a_camera_that_answers_both_is_read_through_the_one_that_is_switched_on(
        self, ai: DigestCamera, client: SunapiClient
    ) -> None:
        for channel in (0, 1):
            ai.says(queries.wiseai_configuration(channel).target, ai_configuration(channel, 2, enabled=False))

        assert totals_of(client.read().lines) == {"front-0-1-1": (412, 398), "front-0-1-2": (57, 61)}
        assert client.protocol is CameraProtocol.CLASSIC

    def test_where_neither_is_switched_on_it_says_so(self, ai: DigestCamera, client: SunapiClient) -> None:
        for channel in (0, 1):
            ai.says(queries.wiseai_configuration(channel).target, ai_configuration(channel, 2, enabled=False))
        ai.forgets(VIEW)

        with pytest.raises(CountingUnavailable, match="switched off"):
            client.read()

    @pytest.mark.parametrize(
        "apps",
        [
            '{"InstalledApps":1,"Apps":[{"AppID":"WiseAI","Status":"Stopped"}]}',
            '{"InstalledApps":0,"Apps":[]}',
            "WiseAI.Status=Stopped\r\n",
            "<html>no such page</html>",
        ],
    )
    def test_without_wiseai_running_the_classic_interface_is_read(
        self, ai: DigestCamera, client: SunapiClient, apps: str
    ) -> None:
        ai.says(APPS, apps)

        client.read()

        assert client.protocol is CameraProtocol.CLASSIC

    def test_wiseai_that_counts_no_objects_gives_way(self, ai: DigestCamera, client: SunapiClient) -> None:
        ai.says(queries.wiseai_capability().target, '{"capabilities":[{"channel":0,"objectcounting":false}]}')

        client.read()

        assert client.protocol is CameraProtocol.CLASSIC

    def test_a_preset_of_wiseai_is_not_questioned(self, ai: DigestCamera, client_for: ClientFor) -> None:
        client = client_for(ai, protocol=CameraProtocol.WISEAI)

        client.read()

        assert not {APPS, VIEW} & set(ai.targets())


def ai_configuration(channel: int, rule: int, *, enabled: bool = True) -> str:
    person = {
        "index": rule,
        "enable": enabled,
        "objectType": "Person",
        "lines": [{"index": 1, "name": f"Door {channel}", "mode": "LeftToRightIn"}],
    }
    vehicle = {"index": 3, "enable": True, "objectType": "Vehicle", "lines": [{"index": 1, "name": "Gate"}]}
    return json.dumps({"objectCountingConfiguration": [{"channel": channel, "countingRules": [person, vehicle]}]})


def ai_counts(*counts: tuple[int, int, int, int]) -> str:
    elements = [
        {
            "channel": channel,
            "countingRules": [
                {
                    "index": rule,
                    "lines": [
                        {
                            "index": 1,
                            "directionBasedResult": [
                                {"direction": "IN", "count": entered},
                                {"direction": "OUT", "count": left},
                            ],
                        }
                    ],
                }
            ],
        }
        for channel, rule, entered, left in counts
    ]
    return json.dumps({"objectCountingLive": elements})


def hang_up(handler: object) -> bool:
    handler.close_connection = True  # type: ignore[attr-defined]
    return True

"""What an examination of a camera has found, for somebody who sets it up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from peoplecount.domain.clock import Clock
from peoplecount.domain.line import LineKey
from peoplecount.sunapi.configuration import ChannelConfiguration, LineTotals, Spot, first_lines, first_problems
from peoplecount.sunapi.connection import CameraConnection
from peoplecount.sunapi.counting import Answers, lines_of
from peoplecount.sunapi.device import Device, DeviceChannel, DeviceLine
from peoplecount.sunapi.errors import CountingUnavailable
from peoplecount.sunapi.knowledge import Knowledge


def examined(connection: CameraConnection, knowledge: Knowledge, ask: Callable[[], Answers], clock: Clock) -> Device:
    """Ask everything anew; ``ask`` is for the totals. Raises ``CameraError``."""
    knowledge.forget()
    knowledge.refresh()
    problems = list(knowledge.configuration.problems)
    answers: Answers = ()
    try:
        answers = ask()
    except CountingUnavailable as error:
        problems.append(str(error))
    problems.extend(problem for answer in answers for problem in answer.value.problems)
    totals = {line.spot: line for line in first_lines(lines_of(answers), problems)}
    return _described(connection, knowledge, totals, first_problems(problems), clock.now())


def _described(
    connection: CameraConnection,
    knowledge: Knowledge,
    totals: Mapping[Spot, LineTotals],
    problems: tuple[str, ...],
    moment: datetime,
) -> Device:
    """The device that ``knowledge`` is of, with the totals it has just given; ``moment`` is now, UTC."""
    clock, camera_id = knowledge.camera_clock, connection.camera_id
    if knowledge.protocol is None:
        raise AssertionError("a device that was read has a protocol")
    return Device(
        camera_id=camera_id,
        address=connection.address,
        info=knowledge.info,
        protocol=knowledge.protocol,
        channels=tuple(_channel(camera_id, channel, totals) for channel in knowledge.configuration.channels),
        utc_offset=clock.utc_offset,
        clock_error=clock.error.total_seconds(),
        local_time=clock.local_time(moment),
        requests_per_poll=knowledge.reader.requests_per_poll,
        problems=problems,
    )


def _channel(camera_id: str, channel: ChannelConfiguration, totals: Mapping[Spot, LineTotals]) -> DeviceChannel:
    """A channel with its listed lines; with those it has totals of, where it lists none."""
    listed = {line.spot: (line.name, line.enabled, line.mode) for line in channel.lines}
    if not listed:
        listed = {
            spot: (line.name, channel.enabled, "") for spot, line in totals.items() if spot.channel == channel.channel
        }
    lines = []
    for spot, (name, enabled, mode) in listed.items():
        counted = totals.get(spot)
        shown = counted.totals if counted and enabled and channel.enabled else None
        key = LineKey(camera_id, spot.channel, spot.rule, spot.index)
        lines.append(DeviceLine(key, name or (counted.name if counted else ""), enabled, mode, shown))
    return DeviceChannel(channel.channel, channel.enabled, tuple(lines))

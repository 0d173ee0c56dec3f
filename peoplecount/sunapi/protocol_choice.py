"""Which of its counting interfaces a device is read through."""

from __future__ import annotations

from peoplecount.domain.camera import CameraProtocol
from peoplecount.sunapi import queries
from peoplecount.sunapi.classic_counting import ClassicCounting
from peoplecount.sunapi.configuration import CountingConfiguration
from peoplecount.sunapi.connection import CameraConnection
from peoplecount.sunapi.counting import Counting
from peoplecount.sunapi.device import parse_wiseai_running
from peoplecount.sunapi.errors import CountingUnavailable, UnexpectedAnswer
from peoplecount.sunapi.wiseai_counting import WiseAiCounting


def choose(connection: CameraConnection, preset: CameraProtocol | None) -> tuple[Counting, CountingConfiguration]:
    """The interface to use, and its configuration. Raises ``CameraError``.

    Some AI cameras answer both. They count the same people, so only one is ever taken: the one with a line that is
    switched on, WiseAI if both have one.
    """
    if preset is CameraProtocol.WISEAI and connection.recorder_channel is not None:
        raise CountingUnavailable(
            connection.camera_id,
            "recorders pass on SUNAPI commands only, and the WiseAI interface does not consist of those: read the "
            "camera at its own address",
        )
    if preset is CameraProtocol.WISEAI:
        return _configured(WiseAiCounting(connection))
    if preset is CameraProtocol.CLASSIC or connection.recorder_channel is not None:
        return _configured(ClassicCounting(connection))
    wiseai = _wiseai(connection)
    if wiseai is not None and wiseai[1].counting_channels:
        return wiseai
    try:
        classic = _configured(ClassicCounting(connection))
    except CountingUnavailable:
        if wiseai is None:
            raise
        return wiseai
    return wiseai if wiseai is not None and not classic[1].counting_channels else classic


def _configured(counting: Counting) -> tuple[Counting, CountingConfiguration]:
    return counting, counting.configure()


def _wiseai(connection: CameraConnection) -> tuple[Counting, CountingConfiguration] | None:
    """WiseAI, if it is installed, running and counts objects.

    Devices without applications refuse the question in ways that differ by firmware; a device that is merely busy is
    no answer, and raises.
    """
    try:
        if not connection.ask(queries.installed_apps(), parse_wiseai_running).value:
            return None
        return _configured(WiseAiCounting(connection))
    except (CountingUnavailable, UnexpectedAnswer):
        return None

"""The classic counting interface: ``eventsources.cgi``, submenu ``peoplecount``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial

from peoplecount.domain.camera import CameraProtocol
from peoplecount.sunapi import classic, classic_history, queries
from peoplecount.sunapi.configuration import CountingConfiguration, Spot
from peoplecount.sunapi.connection import CameraConnection
from peoplecount.sunapi.counting import Ask, AskPlan
from peoplecount.sunapi.device import parse_channel_limit
from peoplecount.sunapi.errors import CameraBusy, CountingUnavailable, RequestRefused, UnexpectedAnswer
from peoplecount.sunapi.search import Searches

_MOST_CHANNELS = 32
"""No camera has more sensors; a larger figure is not believed."""


class ClassicCounting:
    """Cameras with people counting of their own. Their account must be an administrator's (Event manual 2.6.2)."""

    protocol = CameraProtocol.CLASSIC

    def __init__(self, connection: CameraConnection) -> None:
        self._connection = connection
        self._channel_count = 0

    def configure(self) -> CountingConfiguration:
        """Ask ``view``, for the device and then for every channel that its answer leaves out."""
        try:
            whole = self._view(None)
        except RequestRefused:
            whole = self._view(0)
        known = {channel.channel: channel for channel in whole.channels}
        problems = list(whole.problems)
        for channel in range(self._channels()):
            if channel not in known:
                part = self._view_if_any(channel)
                known.update((found.channel, found) for found in part.channels if found.channel == channel)
                problems.extend(part.problems)
        return CountingConfiguration(tuple(known[channel] for channel in sorted(known)), tuple(problems))

    def plan(self, configuration: CountingConfiguration) -> AskPlan:
        """One ``check`` without a channel; else one a channel."""
        channels = configuration.counting_channels
        together = Ask(queries.classic_counts(), classic.parse_counts, frozenset(channels))
        return AskPlan((together,), tuple(self._ask(channel) for channel in channels))

    def searches(self, configuration: CountingConfiguration, wanted: Mapping[Spot, str], day: date) -> Searches:
        """One search a channel; lines are searched for by name."""
        return classic_history.searches(configuration, wanted, day)

    @staticmethod
    def _ask(channel: int) -> Ask:
        parse = partial(classic.parse_counts, asked=channel)
        return Ask(queries.classic_counts(channel), parse, frozenset({channel}))

    def _view(self, channel: int | None) -> CountingConfiguration:
        parse = partial(classic.parse_configuration, asked=channel)
        return self._connection.ask(queries.classic_configuration(channel), parse).value

    def _view_if_any(self, channel: int) -> CountingConfiguration:
        try:
            return self._view(channel)
        except (CountingUnavailable, RequestRefused):
            return CountingConfiguration(())

    def _channels(self) -> int:
        """How many channels the device has; asked until it is known, 1 until then."""
        if not self._channel_count:
            try:
                limit = self._connection.ask(queries.channel_limit(), parse_channel_limit).value
            except (CountingUnavailable, UnexpectedAnswer, CameraBusy):
                return 1
            self._channel_count = min(limit, _MOST_CHANNELS)
        return self._channel_count

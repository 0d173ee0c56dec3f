"""The counting interface of the WiseAI application, on AI cameras and AI boxes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial

from peoplecount.domain.camera import CameraProtocol
from peoplecount.sunapi import queries, wiseai, wiseai_history
from peoplecount.sunapi.configuration import CountingConfiguration, Spot
from peoplecount.sunapi.connection import CameraConnection
from peoplecount.sunapi.counting import Ask, AskPlan
from peoplecount.sunapi.errors import CountingUnavailable
from peoplecount.sunapi.search import Searches


class WiseAiCounting:
    """Object counting of WiseAI, of which only the rules that count people are taken."""

    protocol = CameraProtocol.WISEAI

    def __init__(self, connection: CameraConnection) -> None:
        self._connection = connection

    def configure(self) -> CountingConfiguration:
        """Ask for the capabilities, then for the rules and lines of each channel that counts objects."""
        channels = self._connection.ask(queries.wiseai_capability(), wiseai.parse_capability).value
        if not channels:
            raise CountingUnavailable(
                self._connection.camera_id, "WiseAI runs on the camera, but no channel offers object counting"
            )
        parts = [self._channel(channel) for channel in channels]
        return CountingConfiguration(
            tuple(channel for part in parts for channel in part.channels),
            tuple(problem for part in parts for problem in part.problems),
        )

    def plan(self, configuration: CountingConfiguration) -> AskPlan:
        """One question a rule for all its channels; else one a rule and channel. A rule cannot be left unnamed."""
        pairs = sorted({(line.spot.rule, line.spot.channel) for line in configuration.lines() if line.enabled})
        rules: dict[int, tuple[int, ...]] = {}
        for rule, channel in pairs:
            rules[rule] = (*rules.get(rule, ()), channel)
        together = tuple(_ask(channels, rule) for rule, channels in rules.items())
        return AskPlan(together, tuple(_ask((channel,), rule) for rule, channel in pairs))

    def searches(self, configuration: CountingConfiguration, wanted: Mapping[Spot, str], day: date) -> Searches:  # noqa: ARG002 - lines have numbers here
        """One search a rule and channel."""
        return wiseai_history.searches(wanted, day)

    def _channel(self, channel: int) -> CountingConfiguration:
        parse = partial(wiseai.parse_configuration, asked=channel)
        return self._connection.ask(queries.wiseai_configuration(channel), parse).value


def _ask(channels: tuple[int, ...], rule: int) -> Ask:
    parse = partial(wiseai.parse_counts, asked=channels, rule=rule)
    return Ask(queries.wiseai_counts(channels, rule), parse, frozenset(channels))

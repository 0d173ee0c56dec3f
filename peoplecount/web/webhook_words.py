"""What webhooks are told of, in words."""

from __future__ import annotations

from collections.abc import Mapping

from peoplecount.domain.interval import Scope, Step
from peoplecount.domain.sentence import say
from peoplecount.domain.webhook import Receiver, Topic

TOPICS: Mapping[Topic, str] = {
    Topic.INTERVAL_CLOSED: say("an interval is over: people in and out"),
    Topic.OCCUPANCY_ABOVE: say("the people inside come to the threshold"),
    Topic.OCCUPANCY_BELOW: say("the people inside are fewer again"),
    Topic.CAMERA_SILENT: say("a camera falls silent"),
    Topic.CAMERA_BACK: say("a camera is back"),
    Topic.ALERT: say("an alert begins, changes or is over"),
    Topic.COUNT_CORRECTION: say("a figure is corrected"),
    Topic.COUNTER_BREAK: say("a counter breaks off"),
    Topic.OCCUPANCY_CHANGED: say("the people inside change (often)"),
    Topic.COUNT: say("people cross a line (very often)"),
}

RECEIVERS: Mapping[Receiver, str] = {
    Receiver.FLOW: say("A flow of Power Automate, or another address that is a secret by itself"),
    Receiver.OWN: say("Your own program: requests are signed with a secret"),
}

SCOPES: Mapping[Scope, str] = {
    Scope.SITE: say("whole sites"),
    Scope.DOOR: say("doors"),
    Scope.LINE: say("lines"),
}

STEPS: Mapping[str, str] = {
    "": say("all lengths"),
    Step.QUARTER.value: say("quarter hours"),
    Step.HOUR.value: say("hours"),
    Step.DAY.value: say("days"),
    Step.FIVE_MINUTES.value: say("five minutes, where INTERVALS has them"),
}

GAPS: Mapping[str, str] = {
    "0": say("as they come"),
    "60": say("a minute"),
    "300": say("5 minutes"),
    "900": say("15 minutes"),
    "3600": say("an hour"),
}
"""Seconds between two beginnings to send."""

"""What of the API the custom connector for Power Automate offers, and in which words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

POLLS, CALLS_BACK = "batch", "single"

PICKED = {
    **dict.fromkeys(("site", "siteId"), ("ListSites", "siteId", "siteName")),
    **dict.fromkeys(("door", "doorId"), ("ListDoors", "doorId", "doorName")),
    **dict.fromkeys(("camera", "cameraId"), ("ListCameras", "cameraId", "cameraName")),
}
"""Parameters that are picked from a list: which operation has it, and what of it is the value and the title."""


@dataclass(frozen=True, slots=True)
class Part:
    """An operation as makers of flows see it."""

    name: str
    """Of the operation of the API."""

    summary: str
    description: str
    parameters: Sequence[str] = ()
    """Which of its parameters, or of the fields of its body, are shown."""

    hidden: Sequence[str] = ()
    """Which are filled in by the platform."""

    visibility: str = ""
    trigger: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


HINT = {"x-ms-trigger-hint": "To see it work, walk past a camera and wait until the interval is over."}

PARTS = (
    Part(
        "CreateSubscription",
        "When something is counted",
        "This operation triggers when an interval is over, a threshold is crossed, a camera is silent or back, or "
        "figures are corrected.",
        ("kinds", "siteId", "doorId", "cameraId", "scopes", "steps", "threshold", "minGapSeconds"),
        ("callbackUrl",),
        "important",
        CALLS_BACK,
        HINT,
    ),
    Part("DeleteSubscription", "Delete subscription", "Ends a subscription.", ("subscription_id",), (), "internal"),
    Part(
        "PollEvents",
        "When counting events arrive (polling)",
        "This operation triggers when new counting events are stored.",
        ("kind", "site", "door", "camera", "scope", "step"),
        ("triggerState",),
        "",
        POLLS,
        {**HINT, "x-ms-trigger-metadata": {"kind": "query", "mode": "polling"}},
    ),
    Part(
        "GetLatest",
        "Get the newest figures",
        "Returns how lines, doors or sites stand just now.",
        ("scope", "site", "door", "camera"),
        (),
        "important",
    ),
    Part(
        "GetCounts",
        "Get counts",
        "Returns counts per interval, one page at a time.",
        ("from", "to", "step", "scope", "site", "door", "camera", "limit"),
        (),
        "important",
        "",
        {"x-ms-pageable": {"nextLinkName": "nextLink"}},
    ),
    Part("ListSites", "List sites", "Returns the sites that the token may see."),
    Part("ListDoors", "List doors", "Returns the doors that the token may see.", ("site",)),
    Part("ListCameras", "List cameras", "Returns the cameras that the token may see.", ("site",)),
    Part("Ping", "Test the connection", "Returns whether the server takes the token.", (), (), "advanced"),
)

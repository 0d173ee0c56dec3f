"""Who a device is and what it can do: ``deviceinfo``, ``date``, ``sourceoptions``, apps, attributes, ``pw_init``.

Sources: SUNAPI system, event, Open SDK and attributes manuals 2.6.2; Application Programmer's Guide 2.6.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peoplecount.simulator.firmware import Dialect
from peoplecount.simulator.http_message import Response
from peoplecount.simulator.posix_zone import posix_time_zone
from peoplecount.simulator.sunapi_error import ATTRIBUTE_NOT_FOUND, SunapiError
from peoplecount.simulator.virtual_camera import VirtualCamera

WISEAI_VERSION = "1.5.6"


def as_text(fields: dict[str, Any]) -> list[str]:
    """A flat object as lines ``Key=Value``; a list as comma-separated values."""
    return [f"{name}={','.join(value) if isinstance(value, list) else value}" for name, value in fields.items()]


def device_info(camera: VirtualCamera) -> dict[str, Any]:
    """Identity. The serial number is the most stable part of it."""
    plan = camera.plan
    return {
        "Model": plan.firmware.model,
        "SerialNumber": plan.serial,
        "FirmwareVersion": plan.firmware.version,
        "DeviceType": "NWC",
        "ConnectedMACAddress": plan.mac,
        "CGIVersion": plan.firmware.sunapi_version,
        "DeviceName": plan.name,
        "FirmwareGroup": plan.firmware.model,
    }


def date_page(camera: VirtualCamera) -> dict[str, Any]:
    """The camera's clock as the camera sees it, to the second."""
    now = camera.clock.now()
    local = camera.wall.local(now)
    return {
        "LocalTime": f"{local:%Y-%m-%d %H:%M:%S}",
        "UTCTime": f"{camera.wall.believed_utc(now):%Y-%m-%d %H:%M:%S}",
        "SyncType": "NTP",
        "NTPURLList": ["ntp.example.net"],
        "DSTEnable": camera.wall.daylight_saving(now),
        "TimeZoneIndex": 39,
        "POSIXTimeZone": posix_time_zone(camera.wall.zone(now), local.year),
    }


def system_log(camera: VirtualCamera, query: Mapping[str, str], *, as_json: bool) -> list[str] | dict[str, Any]:
    """What befell the camera, newest first: that it has started, by its wall clock."""
    now = camera.clock.now()
    times = [camera.wall.local(start) for start in sorted(camera.starts, reverse=True) if start <= now]
    first, last = query.get("FromDate", ""), query.get("ToDate", "9999")
    entries = [f"{time:%Y-%m-%d %H:%M:%S}" for time in times if first <= f"{time:%Y-%m-%d}" <= last]
    if as_json:
        return {"SystemLog": [{"Date": time, "Type": "PowerOn", "Description": "Power On"} for time in entries]}
    return [f"Total={len(entries)}", *(f"[{time}] [PowerOn] Power On" for time in entries)]


def source_options(camera: VirtualCamera, *, as_json: bool) -> list[str] | dict[str, Any]:
    """Event sources. ``PeopleCount`` has no actions; only classic cameras have it."""
    names = ["MotionDetection", "Tampering"]
    if camera.plan.firmware.dialect is Dialect.CLASSIC:
        names.append("PeopleCount")
    actions = {name: [] if name == "PeopleCount" else ["AlarmOutput", "Record"] for name in names}
    if as_json:
        return {"EventSources": [{"EventSource": name, "EventAction": actions[name]} for name in names]}
    return [f"EventSource.{name}.EventAction={','.join(actions[name])}" for name in names]


def apps(camera: VirtualCamera, *, as_json: bool) -> list[str] | dict[str, Any]:
    """Installed apps; ``Channel`` is a string, as in the Open SDK manual."""
    app = {"Status": "Running", "Version": WISEAI_VERSION, "AutoStart": True, "Channel": "0"}
    installed = ["WiseAI"] if camera.plan.firmware.dialect is Dialect.WISEAI else []
    if as_json:
        return {"InstalledApps": len(installed), "Apps": [{"AppID": app_id, **app} for app_id in installed]}
    lines = [f"{app_id}.{name}={value}" for app_id in installed for name, value in app.items()]
    return [f"InstalledApps={len(installed)}", *lines]


def initial_state(camera: VirtualCamera) -> dict[str, Any]:
    """What ``pw_init`` says without a password: this camera has one."""
    return {
        "Initialized": True,
        "Language": "English",
        "MaxChannel": camera.plan.channels,
        "SpecialType": "none",
        "Manufacturer": "Hanwha Vision",
    }


def attributes(camera: VirtualCamera, path: str) -> Response:
    """Capabilities in XML: all of them, or the one that ``path`` names. Raises ``SunapiError``."""
    known = _attributes(camera)
    wanted = path.strip("/").removeprefix("attributes").strip("/")
    chosen = {name: value for name, value in known.items() if not wanted or name == wanted}
    if not chosen:
        raise SunapiError(ATTRIBUTE_NOT_FOUND, wanted)
    elements = "".join(_attribute_element(name, value) for name, value in chosen.items())
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    body = f"{head}\r\n<capabilities><attributes>{elements}</attributes></capabilities>\r\n"
    return Response(200, body.encode(), "text/xml")


def _attributes(camera: VirtualCamera) -> dict[str, str]:
    plan = camera.plan
    classic = plan.firmware.dialect is Dialect.CLASSIC
    known = {
        "System/Limit/MaxChannel": str(plan.channels),
        "System/Support/OpenSDK": str(not classic),
        "Recording/Support/PeopleCountSearch": str(classic),
    }
    for channel in range(plan.channels if classic else 0):
        known[f"Eventsource/Limit/{channel}/MaxPeopleCountRule"] = "2"
    return known


def _attribute_element(path: str, value: str) -> str:
    kind = "int" if value.isdecimal() else "bool"
    return f'<attribute name="{path.rpartition("/")[2]}" accesslevel="user" value="{value}" type="{kind}"/>'

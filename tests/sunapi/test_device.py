from __future__ import annotations

import pytest

from peoplecount.sunapi.answers import MalformedAnswer, Refusal
from peoplecount.sunapi.device import parse_channel_limit, parse_device_info, parse_wiseai_running

TEXT = (
    b"Model=XNV-0000X\r\nSerialNumber=ZXXX0000000000X \r\nFirmwareVersion=2.10.02_20230105_R120\r\n"
    b"DeviceType=NWC\r\nConnectedMACAddress=00:00:5E:00:53:07\r\nCGIVersion=2.6.2\r\nDeviceName=Entrance east\r\n"
)
JSON = (
    b'{"Model":"XNV-0000X","SerialNumber":"ZXXX0000000000X","FirmwareVersion":"2.10.02_20230105_R120",'
    b'"DeviceType":"NWC","ConnectedMACAddress":"00:00:5E:00:53:07","CGIVersion":"2.6.2","DeviceName":"Entrance east"}'
)


@pytest.mark.parametrize("body", [TEXT, JSON])
def test_device_information_of_the_manual_in_both_forms(body: bytes) -> None:
    info = parse_device_info(body)

    assert (info.model, info.serial_number, info.firmware) == ("XNV-0000X", "ZXXX0000000000X", "2.10.02_20230105_R120")
    assert (info.device_type, info.device_name, info.sunapi_version) == ("NWC", "Entrance east", "2.6.2")
    assert info.identity == "ZXXX0000000000X"


@pytest.mark.parametrize(
    ("body", "identity"),
    [
        (b"Model=X\nSerialNumber= \nConnectedMACAddress=00:00:5E:00:53:07", "00:00:5E:00:53:07"),
        (b'{"Model":"X","ConnectedMACAddress":"00:00:5E:00:53:07"}', "00:00:5E:00:53:07"),
        (b"Model=X", ""),
    ],
)
def test_a_device_is_known_by_its_serial_number_else_its_mac_address(body: bytes, identity: str) -> None:
    assert parse_device_info(body).identity == identity


def test_information_about_nothing_is_refused() -> None:
    with pytest.raises(MalformedAnswer):
        parse_device_info(b"Hello=1")


@pytest.mark.parametrize(
    ("body", "running"),
    [
        (b'{"InstalledApps":1,"Apps":[{"AppID":"WiseAI","Status":"Running","Verion":"1.0"}]}', True),
        (
            b'{"InstalledApps":2,"Apps":[{"AppID":"Other","Status":"Running"},{"AppID":"WiseAI","Status":"Stopped"}]}',
            False,
        ),
        (b'{"InstalledApps":0}', False),
        (b"InstalledApps=1\r\nWiseAI.Status=Running\r\nWiseAI.Verion=1.0\r\n", True),
        (b"InstalledApps=1\r\nOther.Status=Running\r\n", False),
    ],
)
def test_whether_wiseai_runs(body: bytes, running: object) -> None:
    assert parse_wiseai_running(body) is running


@pytest.mark.parametrize(
    "body",
    [
        b'<attribute name="MaxChannel" accesslevel="guest" value="4" type="int"/>',
        b'<?xml version="1.0"?><attributes><attribute value=" 4 " type="int" name="MaxChannel" /></attributes>',
    ],
)
def test_the_number_of_channels_whatever_the_order_of_attributes(body: bytes) -> None:
    assert parse_channel_limit(body) == 4


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'<attribute name="MaxUsers" value="4"/>', b"a=b", b"<attribute" * 90_000]
)
def test_anything_else_gives_no_number_of_channels(body: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        parse_channel_limit(body)


def test_a_missing_attribute_is_a_refusal() -> None:
    with pytest.raises(Refusal, match="700"):
        parse_channel_limit(b"NG\r\nError Code: 700\r\nError Details:\r\nMaxChannel: Not Found")

"""Where cameras may be, by their addresses."""

import pytest

from peoplecount.domain.camera_networks import CameraNetworks, OwnService

BANK = CameraNetworks(("10.20.0.0/16", "192.168.7.20", "fd12:3456::/32"))


@pytest.mark.parametrize("host", ["10.20.255.7", "192.168.7.20", "fd12:3456::7", "::ffff:10.20.1.1"])
def test_in_a_network_that_is_named_they_may_be(host):
    assert BANK.refusal(host) == ""


@pytest.mark.parametrize(
    "host",
    ["10.21.0.1", "192.168.7.21", "127.0.0.1", "::1", "fd12:3457::7", "fe80::1%eth0", "::ffff:10.21.0.1"],
)
def test_elsewhere_they_may_not_and_it_is_said_where_they_may(host):
    assert BANK.refusal(host) == (
        f"no camera may be at {host}: CAMERA_NETWORKS allows 10.20.0.0/16, 192.168.7.20, fd12:3456::/32"
    )


def test_an_address_that_packets_leave_by_another_network_is_not_taken_for_one_inside():
    assert BANK.refusal("64:ff9b::10.20.1.1"), "NAT64"


@pytest.mark.parametrize("host", ["169.254.7.9", "192.168.1.100", "127.0.0.1", "100.64.0.1", "192.0.2.7", "fe80::1"])
def test_where_none_is_named_they_may_be_everywhere(host):
    assert CameraNetworks().refusal(host) == ""


@pytest.mark.parametrize(
    "host",
    [
        *("169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"),
        *("::ffff:169.254.169.254", "64:ff9b::169.254.169.254"),
    ],
)
@pytest.mark.parametrize("allowed", [(), ("0.0.0.0/0", "::/0")])
def test_where_clouds_tell_their_secrets_no_setting_lets_them_be(host, allowed):
    assert CameraNetworks(allowed).refusal(host).startswith("no camera stands at this address")


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",
        "0.1.2.3",
        "224.0.0.251",
        "239.255.255.250",
        "255.255.255.255",
        "240.0.0.1",
        "::",
        "ff02::1",
        "::ffff:0.0.0.0",
    ],
)
@pytest.mark.parametrize("allowed", [(), ("0.0.0.0/0", "::/0")])
def test_what_is_the_address_of_no_single_machine_is_no_cameras(host, allowed):
    assert (
        CameraNetworks(allowed).refusal(host) == f"no camera stands at {host}: it is the address of no single machine"
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_on_this_machine_they_may_be_where_a_network_says_so(host):
    assert "which is this machine itself, unless CAMERA_NETWORKS names it" in CameraNetworks(may_be_here=False).refusal(
        host
    )
    assert CameraNetworks(("127.0.0.0/8", "::1"), may_be_here=False).refusal(host) == ""
    assert CameraNetworks(may_be_here=False).refusal("192.168.1.100") == ""


OWN = (
    OwnService("PORT", "0.0.0.0", 8000),
    OwnService("DB_SERVER", "sql.example", 1433),
    OwnService("REDIS_URL", "localhost", 6379),
    OwnService("SMTP_HOST", "192.0.2.25", 25),
)


@pytest.mark.parametrize(
    ("host", "port", "setting"),
    [
        ("127.0.0.1", 8000, "PORT"),
        ("::1", 8000, "PORT"),
        ("SQL.example.", 1433, "DB_SERVER"),
        ("127.0.0.1", 6379, "REDIS_URL"),
        ("127.0.0.2", 6379, "REDIS_URL"),
        ("192.0.2.25", 25, "SMTP_HOST"),
        ("::ffff:192.0.2.25", 25, "SMTP_HOST"),
    ],
)
def test_what_the_settings_lead_to_is_no_camera(host, port, setting):
    networks = CameraNetworks(("0.0.0.0/0", "::/0"), OWN)
    assert networks.refusal(host, port) == f"no camera stands at {host}:{port}: {setting} leads there"
    assert networks.refusal(host, port + 1) == ""


def test_a_port_is_the_schemes_where_an_address_names_none():
    networks = CameraNetworks(services=[OwnService("OIDC_ISSUER", "login.example", 443)])
    assert networks.refusal_at("https://login.example/cam/1")
    assert networks.refusal_at("http://login.example") == ""
    assert networks.refusal_at("http://login.example:443")
    assert networks.refusal_at("http://login.example:99999") == "", "which nobody can call"


def test_a_name_says_nothing_before_it_is_looked_up():
    assert BANK.refusal("camera.example") == ""

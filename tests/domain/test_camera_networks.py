"""Where cameras may be, by their addresses."""

import pytest

from peoplecount.domain.camera_networks import CameraNetworks

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


def test_a_name_says_nothing_before_it_is_looked_up():
    assert BANK.refusal("camera.example") == ""

"""Where requests may go: a table of addresses that somebody might enter to get inside."""

import pytest

from peoplecount.outbound.errors import AddressRefused
from peoplecount.outbound.networks import Networks
from peoplecount.outbound.rules import LONGEST_ADDRESS, OutboundRules

ANY_PUBLIC = OutboundRules(["*"])
OF_FLOWS = OutboundRules([".logic.azure.com", "hooks.example"])
NEAR = OutboundRules([".example"], Networks(["127.0.0.0/8", "10.1.0.0/16", "fd00:1::/32"]))
BY_PROXY = OutboundRules(["*"], Networks(["10.1.0.0/16"]), "http://proxy.example:8080")


@pytest.mark.parametrize(
    "address",
    [
        "https://prod-01.westeurope.logic.azure.com/workflows/1?sig=x",
        "https://prod-01.westeurope.logic.azure.com:443/workflows/1?sig=x%2F&sv=1.0",
        "https://HOOKS.example/",
        "https://hooks.example./path",
    ],
)
def test_hosts_that_are_named_are_taken(address):
    assert OF_FLOWS.target(address).is_https


@pytest.mark.parametrize(
    "address",
    [
        "https://logic.azure.com.evil.example/",
        "https://evillogic.azure.com/",
        "https://logic.azure.com/",  # an ending is not the name itself
        "https://hooks.example.evil.example/",
        "https://evil.example/?hooks.example",
        "https://evil.example/hooks.example",
        "https://93.184.216.34/",
    ],
)
def test_other_hosts_are_not(address):
    with pytest.raises(AddressRefused, match="WEBHOOK_HOSTS"):
        OF_FLOWS.target(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "hooks.example/path",
        "//hooks.example/path",
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "gopher://hooks.example/",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://hooks.example:0/",
        "https://hooks.example:99999/",
        "https://hooks.example:x/",
        "https://hooks.example /",
        "https://hooks.example/a b",
        "https://hooks.example/a\nHost: other",
        "https://hooks.example\\@evil.example/",
        "https://evil.example\\.hooks.example/",
        "https://hooks.example#@evil.example/",
        "https://hooks.exa\u2024mple/",
        "https://ⓗooks.example/",
        "https://hooks.example%2eevil/",
        "https://[::1",
        "https://[fe80::1%25eth0]/",
        "https://user:password@hooks.example/",
        "https://hooks.example@evil.example/",
        "https://2130706433/",  # 127.0.0.1 in other ways of writing
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.0x1/",
        f"https://hooks.example/{'x' * LONGEST_ADDRESS}",
    ],
)
@pytest.mark.parametrize("rules", [OF_FLOWS, ANY_PUBLIC, NEAR])
def test_what_is_no_plain_address_is_refused_and_nothing_of_it_told(rules, address):
    with pytest.raises(AddressRefused) as refused:
        rules.target(address)
    assert "password" not in str(refused.value).replace("user or a password", "")
    assert "sig" not in str(refused.value)


INSIDE = [
    *("127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0", "0.1.2.3"),
    *("169.254.169.254", "169.254.1.1", "168.63.129.16", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1"),
    *("224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[2001:db8::1]"),
    *("[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:a01:203]", "[::127.0.0.1]"),
    *("[fec0::1]", "[5f00::1]", "[::ffff:0:127.0.0.1]", "192.88.99.1", "192.0.0.8"),
    *("[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a01:203]"),
    *("[2002:7f00:1::]", "[2002:a9fe:a9fe::]", "[2001:0:4136:e378:8000:63bf:f5fe:fdfd]"),
]


@pytest.mark.parametrize("host", INSIDE)
def test_addresses_inside_are_refused_even_where_every_host_may_be_called(host):
    with pytest.raises(AddressRefused, match="private network"):
        ANY_PUBLIC.target(f"https://{host}/")


@pytest.mark.parametrize("host", ["93.184.216.34", "1.1.1.1", "[2606:4700:4700::1111]", "[64:ff9b::101:101]"])
def test_public_addresses_are_taken_where_every_host_may_be_called(host):
    assert ANY_PUBLIC.target(f"https://{host}/").is_https


@pytest.mark.parametrize("address", ["http://127.0.0.1:9000/in", "https://10.1.2.3/", "http://[fd00:1::7]/in"])
def test_a_network_that_is_opened_may_be_called_over_plain_http_as_well(address):
    assert NEAR.target(address).is_near


@pytest.mark.parametrize("address", ["http://10.2.0.1/", "https://192.168.1.1/", "https://[::1]/"])
def test_others_stay_closed(address):
    with pytest.raises(AddressRefused):
        NEAR.target(address)


@pytest.mark.parametrize("opened", ["0.0.0.0/0", "169.254.0.0/16"])
def test_what_clouds_tell_their_machines_is_opened_by_nobody(opened):
    rules = OutboundRules(["*"], Networks([opened, "::/0"]))
    for host in ("169.254.169.254", "168.63.129.16", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "0.0.0.0"):
        with pytest.raises(AddressRefused):
            rules.target(f"http://{host}/latest/meta-data")


def test_plain_http_is_refused_where_no_network_is_opened():
    with pytest.raises(AddressRefused, match="https://"):
        OF_FLOWS.target("http://hooks.example/")


@pytest.mark.parametrize(
    "host", ["localhost", "intranet", "db.internal", "printer.local", "pc.lan", "192.168.1.1", "metadata"]
)
def test_through_a_proxy_names_are_looked_at(host):
    with pytest.raises(AddressRefused):
        BY_PROXY.target(f"https://{host}/")


def test_through_a_proxy_public_names_are_taken_and_opened_networks_are_called_without_it():
    assert not BY_PROXY.target("https://prod-01.westeurope.logic.azure.com/").is_near
    assert BY_PROXY.target("http://10.1.2.3/in").is_near
    with pytest.raises(AddressRefused):
        BY_PROXY.target("http://hooks.example/")


def test_neither_address_nor_proxy_stand_in_a_repr():
    target = OF_FLOWS.target("https://hooks.example/?sig=SECRET")
    assert "SECRET" not in repr(target)
    assert "proxy.example" not in repr(BY_PROXY)

from peoplecount.connection_limit import ConnectionLimit


def test_each_client_has_its_own_places():
    limit = ConnectionLimit(2)
    taken = [limit.take("192.0.2.7") for _ in range(3)]
    assert taken == ["192.0.2.7", "192.0.2.7", None]
    assert limit.take("192.0.2.8") == "192.0.2.8"
    limit.give_back("192.0.2.7")
    assert limit.take("192.0.2.7") == "192.0.2.7"


def test_a_network_of_ipv6_is_one_client_and_so_is_an_address_in_either_form():
    limit = ConnectionLimit(1)
    assert limit.take("2001:db8::7") == "2001:db8::/64"
    assert limit.take("2001:db8::8") is None
    assert limit.take("::ffff:192.0.2.7") == "192.0.2.7"
    assert limit.take("192.0.2.7") is None


def test_proxies_that_are_known_and_sockets_without_addresses_may_have_any():
    limit = ConnectionLimit(1, ["192.0.2.0/24"])
    for peer in ("192.0.2.7", ""):
        assert [limit.take(peer) for _ in range(3)] == ["", "", ""]
        limit.give_back("")


def test_who_has_closed_all_is_forgotten():
    limit = ConnectionLimit(2)
    for number in range(100):
        limit.give_back(limit.take(f"192.0.2.{number}") or "")
    assert not limit._open

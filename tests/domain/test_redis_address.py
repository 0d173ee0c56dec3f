"""Where a Redis is, as an address says it."""

import pytest

from peoplecount.domain.redis_address import RedisAddress, read_redis_address, read_sentinels


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("redis://redis.example", RedisAddress("redis.example")),
        ("redis://127.0.0.1:7000/3", RedisAddress("127.0.0.1", 7000, 3)),
        ("redis://Anna:myMaster@myMaster/0", RedisAddress("myMaster", user="Anna", password="myMaster")),
        ("redis://:p%40ss@h", RedisAddress("h", password="p@ss")),
        ("rediss://anna:s%2Fx@[::1]:6380/", RedisAddress("::1", 6380, 0, "anna", "s/x", is_tls=True)),
    ],
)
def test_addresses_are_read(text, address):
    assert read_redis_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "redis.example",
        "http://secret@redis.example",
        "redis://",
        "redis://:secret@h:port",
        "redis://:secret@h/x",
        "redis://secret@h",
        "redis://:secret@h?db=1",
        "redis://:secret@[::1",
    ],
)
def test_others_are_refused_and_no_password_is_repeated(text):
    with pytest.raises(ValueError, match=r"redis://USER:PASSWORD@HOST|number of a database") as refused:
        read_redis_address(text)
    assert "secret" not in str(refused.value)


def test_a_password_is_in_no_text_of_an_address():
    address = read_redis_address("redis://anna:s3cret@h:6379")
    assert "s3cret" not in f"{address} {address!r}"


def test_sentinels_are_read():
    assert read_sentinels("one.example, 192.0.2.2:7000,rediss://:p%2Css@[::1]") == (
        RedisAddress("one.example", 26379),
        RedisAddress("192.0.2.2", 7000),
        RedisAddress("::1", 26379, password="p,ss", is_tls=True),
    )


@pytest.mark.parametrize(
    "text", ["one.example,", "redis://:secret@one.example/1", "redis://secret@one", "http://secret"]
)
def test_other_sentinels_are_refused_and_no_password_is_repeated(text):
    with pytest.raises(ValueError, match="write ") as refused:
        read_sentinels(text)
    assert "secret" not in str(refused.value)

import pytest

from peoplecount.storage.camera_address import base_address


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("192.0.2.7", "http://192.0.2.7"),
        (" 192.0.2.7 ", "http://192.0.2.7"),
        ("192.0.2.7:8080", "http://192.0.2.7:8080"),
        ("camera-1.example", "http://camera-1.example"),
        ("http://192.0.2.7/", "http://192.0.2.7"),
        ("https://camera.example:8443/cam/3/", "https://camera.example:8443/cam/3"),
        ("2001:db8::7", "http://[2001:db8::7]"),
        ("[2001:db8::7]:81", "http://[2001:db8::7]:81"),
        ("http://[2001:db8::7]", "http://[2001:db8::7]"),
    ],
)
def test_addresses_as_people_write_them(said, address):
    assert base_address(said) == address


@pytest.mark.parametrize(
    "said",
    [
        "",
        "   ",
        "http://",
        "ftp://192.0.2.7",
        "192.0.2.7:99999",
        "192.0.2.7:0",
        "192.0.2.7:port",
        "two words",
        "http://camera/a b",
        "http://camera/?x=1",
        "http://camera/#top",
        "-camera",
        "cam'era",
        "[::1",
        "http://camera/a\nb",
        "http://camera/a\x1b[2J",
        "http://camera/\N{SNOWMAN}",
        "http://camera/" + "a" * 400,
    ],
)
def test_nonsense_is_refused_with_what_is_allowed(said):
    with pytest.raises(ValueError, match=r"192\.0\.2\.7:8080.* are allowed"):
        base_address(said)


@pytest.mark.parametrize(
    "said",
    [
        "http://admin:geheim@192.0.2.7",
        "http://admin:ge/heim@192.0.2.7",
        "http://admin:8080/geheim@192.0.2.7",
        "admin:geheim@192.0.2.7",
        "http://192.0.2.7/?user=admin&password=geheim",
        "http://192.0.2.7/;password=geheim",
        "http://192.0.2.7/#geheim",
        "192.0.2.7;password=geheim",
        "192.0.2.7 admin geheim",
        "rtsp://admin:geheim@192.0.2.7/stream",
    ],
)
def test_of_a_refused_address_nothing_is_repeated_it_may_hold_a_password(said):
    with pytest.raises(ValueError, match="not a camera's address") as refused:
        base_address(said)
    assert not [word for word in ("admin", "heim", "password=", "stream") if word in str(refused.value)]
    assert refused.value.__cause__ is refused.value.__context__ is None  # tracebacks show these, too

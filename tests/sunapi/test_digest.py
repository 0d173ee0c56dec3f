from __future__ import annotations

import re
import threading

import pytest
import requests
from requests.auth import HTTPDigestAuth

from peoplecount.sunapi.digest import CameraDigest, Challenge, offers, parse_challenges, strongest

# RFC 7616, 3.9.1: the same request answered with both algorithms.
RFC_USER, RFC_PASSWORD = "Mufasa", "Circle of Life"
RFC_URL = "http://www.example.org/dir/index.html"
RFC_NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
RFC_OPAQUE = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
RFC_CHALLENGE = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, '
    f'nonce="{RFC_NONCE}", opaque="{RFC_OPAQUE}"'
)


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        (['Digest realm="iPolis", nonce="ab", qop="auth"'], [Challenge("iPolis", "ab", None, "auth")]),
        (['Digest qop="auth", realm="iPolis", nonce="ab"'], [Challenge("iPolis", "ab", None, "auth")]),
        (['DIGEST realm="iPolis",nonce="ab"'], [Challenge("iPolis", "ab")]),
        (["digest realm=iPolis, nonce=ab, algorithm=md5, stale=TRUE"], [Challenge("iPolis", "ab", "MD5", stale=True)]),
        (
            [
                'Digest realm="r", nonce="ab", algorithm="SHA-256", charset="UTF-8", qop="auth"',
                'Digest realm="r", nonce="ab", algorithm="MD5", charset="UTF-8", qop="auth"',
            ],
            [Challenge("r", "ab", "SHA-256", "auth"), Challenge("r", "ab", "MD5", "auth")],
        ),
        (
            ['Digest realm="r", nonce="ab", algorithm="SHA-256", Digest realm="r", nonce="cd", algorithm="MD5"'],
            [Challenge("r", "ab", "SHA-256"), Challenge("r", "cd", "MD5")],
        ),
        (['Basic realm="b", Digest realm="r", nonce="ab"'], [Challenge("r", "ab")]),
        (['Digest realm="r", nonce="ab", Basic realm="b"'], [Challenge("r", "ab")]),
        (['Negotiate, NTLM TlRM==, Digest realm="r", nonce="ab"'], [Challenge("r", "ab")]),
        (['Digest realm="a, Basic realm=b", nonce="ab"'], [Challenge("a, Basic realm=b", "ab")]),
        (['Digest realm="r" nonce="ab" qop="auth"'], [Challenge("r", "ab", None, "auth")]),
        (
            ['Digest realm="r", nonce="ab", qop="auth-int, auth", opaque="xy"'],
            [Challenge("r", "ab", None, "auth", "xy")],
        ),
        (['Digest realm="r", nonce="ab", qop="auth-int"'], []),
        (['Digest realm="r", nonce="ab", algorithm="SHA-512-256"'], []),
        (['Digest realm="r", nonce="ab", algorithm=MD5-sess'], []),
        (
            ['Digest realm="r", nonce="ab", algorithm="SHA-256-sess", Digest realm="r", nonce="cd"'],
            [Challenge("r", "cd")],
        ),
        (['Digest realm="r"', 'Digest nonce="ab"', 'Digest realm="r", nonce=""'], []),
        (['Basic realm="r"'], []),
        (['xDigest realm="r", nonce="ab"'], []),
        (["", "Digest", "=,=", '"', "realm=r, nonce=ab"], []),
        ([], []),
    ],
)
def test_challenges_as_cameras_send_them(headers: list[str], found: list[Challenge]) -> None:
    assert parse_challenges(headers) == found


def test_an_endless_header_is_no_trouble() -> None:
    assert parse_challenges(["a" * 60_000]) == []


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ([], "none"),
        (['Basic realm="x"'], "Basic"),
        (['Digest realm="r", nonce="n", algorithm=MD5-sess, qop="auth"'], "Digest algorithm 'MD5-sess' qop 'auth'"),
        (['Digest realm="r", nonce="n", qop="auth-int"', "Negotiate x=y"], "Digest qop 'auth-int', Negotiate"),
        (['Basic realm="x", Basic realm="y"'], "Basic"),
        ([f'S{number} realm="x"' for number in range(9)], "S0, S1, S2, S3"),
        (['Digest algorithm="' + "x" * 99 + '"'], "Digest algorithm 'xxxxxxxxxxxxxxxxxxxx'"),
    ],
)
def test_what_is_offered_instead_is_told_in_short(headers: list[str], words: str) -> None:
    assert offers(headers) == words


def test_the_stronger_algorithm_is_taken_and_the_first_of_equals() -> None:
    md5, sha, other = Challenge("r", "a"), Challenge("r", "b", "SHA-256"), Challenge("r", "c", "MD5")

    assert strongest([md5, other, sha]) is sha
    assert strongest([md5, other]) is md5
    assert strongest([]) is None


def signed(digest: CameraDigest, url: str = RFC_URL) -> str:
    header = digest(requests.Request("GET", url).prepare()).headers["Authorization"]
    assert isinstance(header, bytes)
    return header.decode()


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
    ],
)
def test_the_answer_is_that_of_the_rfc(algorithm: str, response: str) -> None:
    (challenge,) = parse_challenges([RFC_CHALLENGE.replace("SHA-256", algorithm)])
    digest = CameraDigest(RFC_USER, RFC_PASSWORD, own_nonce=lambda: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    digest.take(challenge)

    header = signed(digest)

    assert f'response="{response}"' in header
    assert f'opaque="{RFC_OPAQUE}"' in header
    assert 'uri="/dir/index.html"' in header
    assert 'qop="auth", nc=00000001' in header


@pytest.mark.parametrize("algorithm", [None, "MD5", "SHA-256"])
@pytest.mark.parametrize("qop", [None, "auth"])
@pytest.mark.parametrize("opaque", [None, "o p"])
@pytest.mark.parametrize("url", ["http://camera", "http://camera/a/b?c=d%20e&f", "https://camera:8443/?x"])
def test_signatures_are_those_of_the_stock_class(
    algorithm: str | None, qop: str | None, opaque: str | None, url: str
) -> None:
    url = requests.Request("GET", url).prepare().url or ""
    challenge = Challenge("réalm", "ab", algorithm, qop, opaque)
    stock = HTTPDigestAuth("ärger", "schlüssel")
    stock.init_per_thread_state()
    fields = {"realm": "réalm", "nonce": "ab", "qop": qop, "opaque": opaque, "algorithm": algorithm}
    stock._thread_local.chal = {name: value for name, value in fields.items() if value is not None}
    ours = CameraDigest("ärger", "schlüssel", own_nonce=lambda: own_nonce)
    ours.take(challenge)

    for method in ("GET", "GET", "PUT"):
        expected = stock.build_digest_header(method, url)
        found = re.search('cnonce="([0-9a-f]+)"', expected)
        own_nonce = found[1] if found else ""
        request = requests.Request(method, url).prepare()
        assert ours(request).headers["Authorization"] == expected.encode()


def test_the_count_goes_up_from_whatever_thread_it_is_signed_in() -> None:
    digest = CameraDigest("a", "b")
    digest.take(Challenge("r", "ab", None, "auth"))
    counts: list[str] = []

    for _ in range(3):
        thread = threading.Thread(target=lambda: counts.extend(re.findall("nc=([0-9a-f]+)", signed(digest))))
        thread.start()
        thread.join()
    digest.take(Challenge("r", "cd", None, "auth"))
    counts.extend(re.findall("nc=([0-9a-f]+)", signed(digest)))

    assert counts == ["00000001", "00000002", "00000003", "00000001"]


def test_an_algorithm_is_named_only_where_the_camera_named_it() -> None:
    digest = CameraDigest("a", "b")
    digest.take(Challenge("r", "ab", None, "auth"))

    assert "algorithm" not in signed(digest)


def test_names_beyond_latin_1_can_be_sent() -> None:
    digest = CameraDigest("Łukasz", "b")
    digest.take(Challenge("r", "ab", "MD5", "auth"))

    assert 'username="Łukasz"' in signed(digest)


def test_without_a_challenge_nothing_is_signed() -> None:
    digest = CameraDigest("a", "b")
    digest.take(Challenge("r", "ab"))
    request = digest(requests.Request("GET", RFC_URL).prepare())
    digest.forget()

    assert "Authorization" not in digest(request).headers


def test_signing_leaves_no_hooks_behind() -> None:
    digest = CameraDigest("a", "b")
    digest.take(Challenge("r", "ab"))
    request = requests.Request("GET", RFC_URL).prepare()
    for _ in range(3):
        digest(request)

    assert request.hooks == {"response": []}

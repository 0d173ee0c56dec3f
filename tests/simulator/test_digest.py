"""Digest authentication as the cameras do it."""

import re
from dataclasses import replace

import pytest

from peoplecount.simulator.firmware import AI, MANUAL_JSON, NGINX_JSON, OLD_TEXT
from peoplecount.simulator.http_message import Request
from tests.support.virtual_cameras import CHECK, Caller, CameraUnderTest, plan

INFO = "/stw-cgi/system.cgi?msubmenu=deviceinfo&action=view"


def challenges(response):
    return [value for name, value in response.headers if name == "WWW-Authenticate"]


@pytest.fixture
def camera():
    return CameraUnderTest()


def test_whoever_is_not_logged_in_is_challenged(camera):
    response = camera.caller.send(CHECK)
    assert response.status == 401
    assert b"401 - Unauthorized" in response.body
    assert len(challenges(response)) == 1


@pytest.mark.parametrize(
    ("firmware", "pattern"),
    [
        (OLD_TEXT, [r'Digest realm="iPolis", nonce="[0-9a-f]{32}", qop="auth"']),
        (MANUAL_JSON, [r'Digest realm="iPolis_00-00-5E-00-53-01", nonce="[0-9a-f]{32}", qop="auth"']),
        (NGINX_JSON, [r'Digest qop="auth", realm="iPolis_00-00-5E-00-53-01", nonce="[0-9a-f]{32}"']),
        (
            AI,
            [
                r'Digest realm=".*", nonce="[0-9a-f]{32}", qop="auth", algorithm="SHA-256", charset="UTF-8"',
                r'Digest realm=".*", nonce="[0-9a-f]{32}", qop="auth", algorithm="MD5", charset="UTF-8"',
            ],
        ),
    ],
)
def test_each_generation_has_its_challenge(firmware, pattern):
    response = CameraUnderTest(plan(firmware=firmware)).caller.send(CHECK)
    for expected, text in zip(pattern, challenges(response), strict=True):
        assert re.fullmatch(expected, text)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_both_algorithms_of_a_double_challenge_lead_in(algorithm):
    camera = CameraUnderTest(plan(firmware=AI))
    assert Caller(camera.front, algorithm=algorithm).get(INFO).status == 200


def test_a_nonce_is_good_for_many_requests_while_its_count_grows(camera):
    camera.caller.get(CHECK)
    assert [camera.caller.send(CHECK).status for _ in range(5)] == [200] * 5
    assert camera.front.count.unauthorized == 1


def test_a_count_used_before_is_stale_and_no_failed_login(camera):
    camera.caller.get(CHECK)
    for _ in range(6):
        response = camera.front.respond(request(camera.caller.authorization(CHECK, count=1)), path())
        assert response.status == 401
        assert "stale=true" in challenges(response)[0]
    assert camera.caller.get(CHECK).status == 200


def test_a_nonce_runs_out_and_the_next_challenge_says_so():
    camera = CameraUnderTest(plan(nonce_uses=2))
    assert [camera.caller.get(CHECK).status for _ in range(5)] == [200] * 5
    assert camera.front.count.unauthorized == 3


def test_many_clients_keep_their_nonces_side_by_side(camera):
    clients = [Caller(camera.front) for _ in range(20)]
    for client in clients * 2:
        assert client.get(CHECK).status == 200
    assert camera.front.count.unauthorized == 20


def test_a_wrong_password_is_refused_without_the_word_stale(camera):
    wrong = Caller(camera.front, password="wrong")
    response = wrong.get(CHECK)
    assert response.status == 401
    assert "stale" not in challenges(response)[0]


def test_five_failures_in_a_row_lock_the_account_for_a_while_even_for_the_right_password(camera):
    wrong = Caller(camera.front, password="wrong")
    wrong.take_challenge(wrong.send(CHECK))
    assert [wrong.send(CHECK).status for _ in range(6)] == [401] * 5 + [490]
    assert camera.caller.get(CHECK).status == 490
    camera.time.passes(299)
    assert camera.caller.get(CHECK).status == 490
    camera.time.passes(2)
    assert camera.caller.get(CHECK).status == 200


def test_a_good_login_between_forgives_the_failures(camera):
    wrong = Caller(camera.front, password="wrong")
    wrong.take_challenge(wrong.send(CHECK))
    for _ in range(3):
        assert [wrong.send(CHECK).status for _ in range(4)] == [401] * 4
        assert camera.caller.get(CHECK).status == 200


def test_asking_without_a_login_is_no_failure(camera):
    for _ in range(20):
        assert Caller(camera.front).send(CHECK).status == 401
    assert camera.caller.get(CHECK).status == 200


def test_basic_authentication_is_refused(camera):
    response = camera.caller.send(CHECK, authorization="Basic YWRtaW46dmlzaXRvci0x")
    assert response.status == 401


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("qop=auth, ", ""),  # RFC 2069 style
        ("qop=auth", "qop=auth-int"),
        ('username="admin"', 'username="root"'),
        ("action=check", "action=view"),  # the uri of another request
        ('realm="iPolis', 'realm="other'),
        ("nc=00000001", "nc=zzz"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(camera, old, new):
    camera.caller.take_challenge(camera.caller.send(CHECK))
    authorization = camera.caller.authorization(CHECK)
    assert old in authorization
    assert camera.front.respond(request(authorization.replace(old, new)), path()).status == 401


def test_a_missing_comma_is_forgiven_as_the_vendors_own_viewer_leaves_one_out(camera):
    camera.caller.take_challenge(camera.caller.send(CHECK))
    authorization = camera.caller.authorization(CHECK).replace(", cnonce", " cnonce")
    assert camera.front.respond(request(authorization), path()).status == 200


def test_a_nonce_is_kept_per_camera(camera):
    other = CameraUnderTest(replace(plan(), serial="ZSIM0000000002X"))
    camera.caller.get(CHECK)
    stolen = request(camera.caller.authorization(CHECK))
    response = other.front.respond(stolen, path())
    assert response.status == 401
    assert "stale=true" in challenges(response)[0]


def path():
    return CHECK.partition("?")[0]


def request(authorization):
    return Request("GET", CHECK, {"authorization": authorization})

"""Sending again: what answers mean, how long is waited, and what is left out of too much."""

from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.redelivery import (
    LONGEST_ASKED,
    LONGEST_WAIT,
    SHORTEST_WAIT,
    outcome_of,
    seconds_asked,
    thinned,
    wait_after,
)
from peoplecount.domain.webhook import Outcome, Telling
from peoplecount.domain.webhook_signature import secret_of, signed_headers

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ((200, 201, 202, 204), Outcome.TAKEN),
        ((408, 425, 429, 500, 502, 503, 504, 599), Outcome.LATER),
        ((400, 413, 415, 422), Outcome.UNFIT),
        ((301, 302, 307, 401, 403, 404, 405, 409, 100), Outcome.REFUSED),
        ((410,), Outcome.GONE),
    ],
)
def test_what_statuses_mean(statuses, outcome):
    assert {outcome_of(status) for status in statuses} == {outcome}


@pytest.mark.parametrize(
    "header",
    [
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 04 May 2026 00:00:00 -99999999999999999",
        "Mon, 04 May 2026 99999999999999999999:00:00 GMT",
        "\N{SUPERSCRIPT TWO}",
    ],
)
def test_a_moment_that_no_calendar_has_is_none_that_was_asked(header):
    assert seconds_asked(header, NOW) is None


@given(st.sampled_from([Outcome.LATER, Outcome.REFUSED, Outcome.UNFIT]), st.integers(1, 10_000), st.floats(0, 1))
def test_waits_stay_within_bounds_and_grow(outcome, failures, chance):
    wait = wait_after(outcome, failures, None, chance)
    assert SHORTEST_WAIT / 2 <= wait <= LONGEST_WAIT
    assert wait_after(outcome, failures + 1, None, chance) >= wait


@given(st.integers(1, 100), st.floats(-1e9, 1e9), st.floats(0, 1))
def test_it_is_never_tried_before_the_receiver_said_and_not_a_day_later(failures, asked, chance):
    wait = wait_after(Outcome.LATER, failures, asked, chance)
    assert wait >= min(max(asked, 1), LONGEST_ASKED)
    assert wait <= LONGEST_ASKED * 1.1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 5 ", 5),
        ("0", 0),
        ("999999999999999999999999", 999_999_999),
        ("Mon, 04 May 2026 12:01:00 GMT", 60),
        ("Mon, 04 May 2026 11:00:00 GMT", 0),
        ("Mon, 04 May 2026 12:01:00", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_what_a_receiver_asks_for(header, seconds):
    assert seconds_asked(header, NOW) == seconds


def test_a_moment_is_read_by_any_zone():
    assert seconds_asked("Mon, 04 May 2026 14:01:00 +0200", NOW) == timedelta(minutes=1).total_seconds()


tellings = st.lists(
    st.tuples(st.sampled_from(["", "a", "b", "c"]), st.integers(0, 3)).map(lambda one: ("", 0) if not one[0] else one)
).map(lambda rows: [Telling(n, f"e-{n}", "k", key, "{}", dropped) for n, (key, dropped) in enumerate(rows)])


@given(tellings, st.integers(0, 8), st.booleans())
def test_of_too_many_the_newest_states_stay_and_every_other_is_accounted_for(waiting, most, states_alone):
    gone, more, rest = thinned(waiting, most, states_alone=states_alone)
    stays = [one for one in waiting if one.number not in gone]
    total = sum(1 + one.dropped for one in waiting)
    assert sum(1 + one.dropped + more.get(one.number, 0) for one in stays) + rest == total
    assert set(more) <= {one.number for one in stays}
    if len(waiting) <= most and not states_alone:
        assert not gone
        return
    assert len(stays) <= most
    keys = [one.key for one in stays if one.key]
    assert len(keys) == len(set(keys)), "of each key one"
    newest = {one.key: one.number for one in waiting if one.key}
    assert all(one.number == newest[one.key] for one in stays if one.key), "the newest one"


def test_signatures_are_those_of_standard_webhooks():
    """The example that its libraries are tested with."""
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        b'{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_with_two_secrets_either_vouches_for_a_request():
    old, new = secret_of(b"o" * 32), secret_of(b"n" * 32)
    both, alone = (signed_headers("1", NOW, b"{}", secrets)["webhook-signature"] for secrets in ([new, old], [old]))
    assert both.split(" ")[1] == alone
    assert len(both.split(" ")) == 2


def test_nothing_of_a_damaged_secret_is_told():
    with pytest.raises(ValueError, match="damaged") as told:
        signed_headers("1", NOW, b"{}", ["whsec_SECRET*"])
    assert "SECRET" not in str(told.value)


@given(st.text() | st.builds("Mon, {} Jan {} {}:00:00 {}".format, *[st.integers(-(10**25), 10**25)] * 4))
def test_whatever_a_receiver_says_of_waiting_is_seconds_or_nothing(header):
    asked = seconds_asked(header, NOW)
    assert asked is None or asked >= 0

"""Times that programs ask by."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peoplecount.domain.asked_moment import NoMoment, asked_moment

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-04T12:00Z", NOON),
        ("2026-05-04T14:00:00+02:00", NOON),
        ("2026-05-04t12:00:00z", NOON),
        ("2026-05-04T12:00:00.125Z", NOON + timedelta(milliseconds=125)),
        ("2026-05-04T12:00:00.1234567Z", NOON + timedelta(microseconds=123456)),
        ("2026-05-04T12:00:00.999999999Z", NOON + timedelta(microseconds=999999)),
    ],
)
def test_it_is_read_whoever_wrote_it(text, moment):
    assert asked_moment(text) == moment


offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=offsets)


@given(moments)
def test_what_python_writes_is_that_moment(moment):
    assert asked_moment(moment.isoformat()) == moment


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-05-04", "2026-05-04T12:00:00", "2026-05-04T12:00:00 02:00", "2026-05-04T12:00:00.Z"]
)
def test_what_is_none_is_refused_with_one_that_is(text):
    with pytest.raises(NoMoment, match=r"is not a time with its zone such as .*, nor a dog$"):
        asked_moment(text, nor="a dog")


@pytest.mark.parametrize("text", ["2026-02-30T12:00:00Z", "2026-05-04T25:00Z", "0001-01-01T00:00:00+14:00"])
def test_one_that_never_was_is_called_so(text):
    with pytest.raises(NoMoment, match="there is no time"):
        asked_moment(text)

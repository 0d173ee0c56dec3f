"""Whatever SQLAlchemy understands means the same here; raw passwords are understood besides."""

from __future__ import annotations

import pytest

from peoplecount.settings.database_url import split_url

pytest.importorskip("hypothesis")

from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import URL, make_url

hosts = st.from_regex(r"[a-z][a-z0-9.-]{0,20}[a-z0-9]", fullmatch=True) | st.just("::1")
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_ .-]{0,20}", fullmatch=True)
ports = st.none() | st.integers(1, 65535)
queries = st.dictionaries(
    st.from_regex(r"[A-Za-z][A-Za-z ]{0,10}", fullmatch=True).filter(lambda key: key.lower() != "odbc_connect"),
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=20),
    max_size=3,
)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
users = texts.filter(lambda user: user != "")


@given(users, texts, hosts, ports, names, queries)
def test_a_properly_encoded_address_means_what_sqlalchemy_takes_it_for(
    user: str, password: str, host: str, port: int | None, name: str, query: dict[str, str]
) -> None:
    url = URL.create("mssql+pyodbc", user, password, host, port, name, query)
    written = url.render_as_string(hide_password=False)
    assume("@" not in written.partition("?")[2])
    theirs, ours = make_url(written), split_url(written)
    assert (ours.user, ours.password) == (theirs.username, theirs.password or "")
    assert (ours.host, ours.port, ours.name) == (theirs.host, theirs.port, theirs.database)
    assert ours.options == dict(theirs.query)


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9_.\\-]{0,10}", fullmatch=True), texts, hosts, ports, names)
def test_a_raw_password_is_taken_as_it_is(user: str, password: str, host: str, port: int | None, name: str) -> None:
    assume("@" in password or "%" not in password)  # what could be encoded is decoded, as SQLAlchemy does
    place = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "") + f"/{name}"
    parts = split_url(f"mssql://{user}:{password}@{place}")
    if not parts.ambiguous:
        assert (parts.user, parts.password, parts.host, parts.port, parts.name) == (user, password, host, port, name)


@given(texts.filter(lambda text: len(text) > 8))
def test_nothing_but_a_value_error_that_shows_no_part_comes_of_any_text(text: str) -> None:
    for address in (text, f"mssql://{text}", f"mssql://sa:x@{text}"):
        assert text not in refusal(address)


def refusal(address: str) -> str:
    try:
        split_url(address)
    except ValueError as error:
        return str(error)
    return ""

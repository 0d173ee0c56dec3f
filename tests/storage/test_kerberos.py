import os
import sys

import pytest

from peoplecount.storage.kerberos import NoTicket, sign_in_with, ticket_for


@pytest.fixture
def own_environment(monkeypatch):
    for name in ("KRB5CCNAME", "KRB5_CLIENT_KTNAME"):
        monkeypatch.setenv(name, "before")


@pytest.mark.usefixtures("own_environment")
def test_a_keytab_is_told_to_the_library_and_tickets_are_kept_in_memory(tmp_path):
    sign_in_with(tmp_path / "people.keytab")
    assert os.environ["KRB5_CLIENT_KTNAME"] == f"FILE:{tmp_path / 'people.keytab'}"
    assert os.environ["KRB5CCNAME"].startswith("MEMORY:")


@pytest.mark.usefixtures("own_environment")
def test_where_there_is_no_ticket_the_library_says_why(tmp_path, monkeypatch):
    if sys.platform != "linux":
        pytest.skip("SQL Server: tickets are the system's own business here")
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'none'}")
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", f"FILE:{tmp_path / 'none.keytab'}")
    with pytest.raises(NoTicket) as none:
        ticket_for("MSSQLSvc/db.example:1433")
    assert "credentials" in str(none.value) or "libgssapi-krb5-2" in str(none.value)

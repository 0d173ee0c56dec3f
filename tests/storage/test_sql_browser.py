import pytest

from peoplecount.storage.sql_browser import NoInstance, instance_port
from tests.support.processes import free_port
from tests.support.tds_server import browser, browser_answer

SAID = "ServerName;DB;InstanceName;MAIN;IsClustered;No;Version;13.0.1601.5;tcp;49172;np;\\\\DB\\pipe\\x;;"


def ask(port):
    return instance_port("127.0.0.1", "main", seconds=0.2, port=port)


def test_an_instance_says_on_which_port_it_listens():
    with browser(browser_answer(SAID)) as port:
        assert ask(port) == 49172


def test_a_datagram_may_get_lost():
    with browser(None, browser_answer(SAID)) as port:
        assert ask(port) == 49172


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ((), "does not answer, or knows no such instance"),
        ((browser_answer("ServerName;DB;InstanceName;MAIN;;"),), "TCP/IP is switched off"),
        ((b"nonsense",), "does not speak as it does"),
    ],
)
def test_why_a_port_is_not_to_be_learnt(answers, says):
    with browser(*answers) as port, pytest.raises(NoInstance, match=says):
        ask(port)


def test_where_nobody_listens_it_is_said_who_should():
    with pytest.raises(NoInstance, match="SQL Server Browser"):
        ask(free_port())


def test_a_machine_that_is_not_known_is_said_to_be_so():
    with pytest.raises(NoInstance, match=r"nowhere\.invalid"):
        instance_port("nowhere.invalid", "main", seconds=0.2)

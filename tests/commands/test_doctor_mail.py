"""The doctor looks at the mail server without sending anything."""

from dataclasses import replace

import pytest

from peoplecount.commands._doctor_mail import mail_steps
from peoplecount.services.inspection import Verdict, is_well
from peoplecount.settings import load_settings
from tests.support.mail_server import PASSWORD, USER, mail_server


@pytest.fixture(scope="module")
def server():
    with mail_server(signed_in=True) as server:
        yield server


@pytest.fixture
def settings(server):
    mail = {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(server.port),
        "SMTP_FROM": "counts@example.com",
        "SMTP_SECURITY": "none",
        "SMTP_USER": USER,
        "SMTP_PASSWORD": PASSWORD,
    }
    return load_settings(mail, None)


def test_a_server_that_lets_us_in_is_well_and_gets_no_mail(settings, server):
    (step,) = mail_steps(settings)
    assert step.said == f"127.0.0.1:{server.port} lets us in"
    assert server.letters == []


def test_a_wrong_password_is_named_and_not_shown(settings):
    steps = list(mail_steps(replace(settings, smtp_password="hunter2")))
    assert not is_well(steps)
    assert "refuses the user name or the password: 535" in steps[-1].advice
    assert "hunter2" not in repr(steps)


def test_a_password_that_goes_over_the_network_as_it_is_is_odd(settings):
    first = next(iter(mail_steps(replace(settings, smtp_host="192.0.2.9"))))
    assert (first.name, first.verdict) == ("SMTP_SECURITY", Verdict.ODD)


def test_where_no_server_is_set_nothing_is_said(settings):
    assert list(mail_steps(replace(settings, smtp_host=""))) == []

"""A real mail server on loopback, over every kind of line, and what it says in words."""

import re
import socket
import threading
from datetime import UTC, datetime

import pytest

from peoplecount.mail.letter import Enclosure, Letter, Writing, one_line
from peoplecount.mail.smtp import MailFailure, Security, SmtpPlace, SmtpServer
from tests.support.certificate_files import write_certificate
from tests.support.flooding import flooding
from tests.support.mail_server import PASSWORD, USER, mail_server

SENDER = "counts@example.com"
WRITING = Writing(
    "Alert: Zürich\nBcc: nobody@example.com",
    "Señores: 12 people.\n.\nA line that is a dot.\n",
    "<p>Señores: <b>12</b></p>",
    (Enclosure("people.csv", "text/csv", b"in,out\r\n12,3\r\n"), Enclosure("b.bin", "application/x-b", b"\0\xff")),
)
LETTER = Letter("0123abcd", "anna@example.com", WRITING)


def now():
    return datetime(2026, 5, 4, 12, tzinfo=UTC)


def server_at(port, *, security=Security.NONE, password="", seconds=10.0, ca_file=None, host="127.0.0.1"):
    user = USER if password else ""
    return SmtpServer(SmtpPlace(host, SENDER, port, user, password, security, ca_file), now, seconds)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return write_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def plain():
    with mail_server() as server:
        yield server


def test_a_letter_arrives_as_text_and_html_with_its_files(plain):
    said = server_at(plain.port).send(LETTER)
    assert said == "250 2.0.0 taken as number 1"
    (arrived,) = plain.letters
    assert (arrived.sender, arrived.recipient) == (SENDER, "anna@example.com")
    assert arrived.subject == "Alert: Zürich Bcc: nobody@example.com"
    assert "Bcc" not in arrived.message
    assert arrived.text.splitlines() == ["Señores: 12 people.", ".", "A line that is a dot."]
    assert "<b>12</b>" in arrived.html
    assert arrived.files["b.bin"] == b"\0\xff"
    assert "12,3" in str(arrived.files["people.csv"])
    assert arrived.message["Message-ID"] == "<0123abcd@example.com>"
    assert arrived.message["Auto-Submitted"] == "auto-generated"
    assert arrived.message["Date"].datetime == now()


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_line_is_encrypted_and_its_end_is_who_it_says_it_is(certificate, security):
    with mail_server(tls=security.value, certificate=certificate, signed_in=True) as server:
        trusting = server_at(server.port, security=security, password=PASSWORD, ca_file=certificate[0])
        trusting.send(LETTER)
        trusting.check()
        assert len(server.letters) == 1
        with pytest.raises(MailFailure, match=r"certificate of the mail server 127.0.0.1:\d+ is not trusted.*CA_FILE"):
            server_at(server.port, security=security, password=PASSWORD).send(LETTER)
        assert len(server.letters) == 1


def test_a_password_that_is_wrong_is_told_and_shown_nowhere():
    with mail_server(signed_in=True) as server:
        wrong = server_at(server.port, password="hunter2-secret")
        with pytest.raises(MailFailure, match="refuses the user name or the password: 535") as refused:
            wrong.send(LETTER)
    assert refused.value.is_of_server
    assert not refused.value.is_final
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(wrong.place)


def test_a_server_that_offers_no_encryption_gets_no_password(plain):
    with pytest.raises(MailFailure, match=r"does not offer what is set: .*SMTP_SECURITY"):
        server_at(plain.port, security=Security.STARTTLS, password=PASSWORD).send(LETTER)
    assert plain.letters == []


def test_tls_on_a_port_that_does_not_speak_it_is_told(plain):
    with pytest.raises(MailFailure, match="does not speak TLS as is set") as failure:
        server_at(plain.port, security=Security.TLS).send(LETTER)
    assert failure.value.is_of_server


@pytest.mark.parametrize(("answer", "is_final"), [("550 5.1.1 no such user", True), ("450 4.2.1 mailbox busy", False)])
def test_a_recipient_that_is_refused_is_final_only_where_the_server_says_so(plain, answer, is_final):
    plain.manners.at_recipient["anna@example.com"] = answer
    with pytest.raises(MailFailure, match=f"does not take mail for anna@example.com: {re.escape(answer)}") as refused:
        server_at(plain.port).send(LETTER)
    assert (refused.value.is_final, refused.value.is_of_server) == (is_final, False)


@pytest.mark.parametrize(("answer", "is_final"), [("554 5.7.1 looks like spam", True), ("451 4.3.0 try later", False)])
def test_a_letter_that_is_refused_is_final_only_where_the_server_says_so(plain, answer, is_final):
    plain.manners.at_data.append(answer)
    with pytest.raises(MailFailure, match=f"does not take this mail: {re.escape(answer)}") as refused:
        server_at(plain.port).send(LETTER)
    assert (refused.value.is_final, refused.value.is_of_server) == (is_final, False)
    server_at(plain.port).send(LETTER)
    assert len(plain.letters) == 1


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(plain):
    plain.manners.silent = True
    with pytest.raises(MailFailure, match="does not answer in time"):
        server_at(plain.port, seconds=0.2).send(LETTER)


def test_nobody_there_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(MailFailure, match="Nothing takes mail at ") as failure:
            server_at(taken.getsockname()[1]).send(LETTER)
    assert failure.value.is_of_server


def test_a_server_that_is_no_mail_server_is_told():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = server_at(listening.getsockname()[1], seconds=5)

        def hangs_up():
            connection, _ = listening.accept()
            connection.sendall(b"220 hello\r\n")
            connection.close()

        thread = threading.Thread(target=hangs_up)
        thread.start()
        with pytest.raises(MailFailure, match="The mail server "):
            server.send(LETTER)
        thread.join(5)


def test_a_header_is_one_line_whatever_a_site_is_called():
    assert one_line("Shop\r\nX-Evil: 1\t\0 of\N{LINE SEPARATOR}Zürich") == "Shop X-Evil: 1 of Zürich"


def test_a_server_that_hangs_up_on_a_letter_may_take_others(plain):
    plain.manners.at_data = ["hang up"]
    with pytest.raises(MailFailure, match="ended the connection") as raised:
        server_at(plain.port).send(LETTER)
    assert not raised.value.is_of_server
    assert not raised.value.is_final
    assert server_at(plain.port).send(LETTER).startswith("250")


def test_an_answer_of_ever_more_lines_is_not_read_to_its_end():
    endless = flooding(b"220-hello\r\n" * 1000, listens=False)
    with endless as flood, pytest.raises(MailFailure, match="ended the connection"):
        server_at(flood.port).send(LETTER)


def test_an_answer_that_comes_byte_by_byte_has_no_more_time():
    dripping = flooding(b"2", listens=False, pause=0.05)
    with dripping as flood, pytest.raises(MailFailure, match="does not answer in time"):
        server_at(flood.port, seconds=0.5).send(LETTER)

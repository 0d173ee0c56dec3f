"""What the name of a process tells those who share the work with it."""

from peoplecount.domain.member import machine_of, member_name, version_of


def test_a_name_tells_the_machine_and_the_version():
    name = member_name("counter-1/ab12", "1.2.0", "77-f00d")
    assert (machine_of(name), version_of(name)) == ("counter-1/ab12", "1.2.0")


def test_a_machine_may_be_called_anything():
    name = member_name("the  counter\n", "1.2.0", "77-f00d")
    assert (machine_of(name), version_of(name)) == ("the-counter", "1.2.0")
    assert version_of(member_name("", "1.2.0", "77-f00d")) == "1.2.0"


def test_an_earlier_program_did_not_tell_its_version():
    assert version_of("counter-1 77 f00d") == ""
    assert version_of("") == ""

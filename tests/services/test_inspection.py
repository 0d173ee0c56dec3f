import pytest

from peoplecount.services.inspection import Step, conclusion, is_well, odd, wrong

FINE = Step("name", "known")
CLOSED = wrong("port", "closed", "Open it.", ends=True)
WEAK = wrong("TLS", "old", "Update it.")
SLOW = odd("round trip", "80 ms", "It is slow.")
LET_IN = Step("log-in", "in", proves=True)


@pytest.mark.parametrize(
    ("steps", "says", "well"),
    [
        ([], "All is as it should be.", True),
        ([FINE, LET_IN], "All is as it should be.", True),
        ([FINE, CLOSED], "Open it.", False),
        ([WEAK, CLOSED], "Update it.", False),
        ([SLOW, CLOSED], "Open it.", False),
        ([LET_IN, SLOW], "It is slow.", True),
        ([WEAK, LET_IN], "Update it.", True),
        ([WEAK, LET_IN, CLOSED], "Open it.", False),
        ([odd("certificate", "not checked")], "All is as it should be.", True),
    ],
)
def test_the_last_sentence_is_of_the_first_step_that_failed_for_good(steps, says, well):
    assert conclusion(steps) == says
    assert is_well(steps) is well

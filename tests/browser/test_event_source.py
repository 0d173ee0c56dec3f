"""A browser's own ``EventSource``, as programs in pages use it."""

from tests.support.ending_stream import EXAMINED, EndingStream
from tests.support.waiting import wait_until


def test_it_goes_on_from_the_id_of_a_heartbeat_though_that_has_no_data(browser):
    with EndingStream() as stream:
        page = browser.new_page()
        page.goto(stream.url)
        page.evaluate("window.source = new EventSource('/events')")
        wait_until(lambda: page.evaluate("1") and len(stream.went_on_from) > 1)
        page.close()
    assert stream.went_on_from[:2] == ["", str(EXAMINED)]

from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.correction import CorrectionReason, HourCorrection
from peoplecount.domain.correction_body import correction_event, read_correction
from peoplecount.domain.event import Quality
from peoplecount.domain.event_body import Place
from peoplecount.domain.figures import Figures
from peoplecount.domain.line import LineKey

EIGHT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("old", [None, Figures(), Figures(4, 1)])
def test_a_correction_comes_back_as_it_went_and_a_known_zero_is_no_unknown(old):
    correction = HourCorrection(
        LineKey("cam"),
        EIGHT,
        EIGHT + timedelta(hours=1),
        datetime(2026, 5, 4, 10, 0),
        old,
        Figures(7, 2),
        Quality.MISSING if old is None else Quality.ESTIMATED,
        Quality.CORRECTED,
        0.25,
        CorrectionReason.OUTAGE,
    )
    event = correction_event(Place("site", "Site", "cam", "Camera", "door", "Door", "Line"), correction, EIGHT)
    assert read_correction(event) == correction

from datetime import UTC, datetime

import pytest

from peoplecount.domain.site import Site
from peoplecount.services.site_entry import InvalidFields, moment_counted
from peoplecount.services.swap_moments import swap_moment_of
from peoplecount.storage.errors import InvalidEntry

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
SAMOA, MIDWAY = Site("apia", "Apia", "Pacific/Apia"), Site("midway", "Midway", "Pacific/Midway")


@pytest.mark.parametrize(("site", "text"), [(SAMOA, "0001-01-01T00:00"), (MIDWAY, "9999-12-31T23:00")])
def test_moments_at_the_ends_of_the_calendar_are_none(site, text):
    with pytest.raises(InvalidFields, match="is no time"):
        moment_counted(text, site, NOW)
    with pytest.raises(InvalidEntry, match="is no time"):
        swap_moment_of(text, site, NOW)

from __future__ import annotations

import pytest

from peoplecount.sunapi import queries
from peoplecount.sunapi.queries import Query, QueryNotAllowed, require_allowed

OURS = [
    (queries.device_info(), "/stw-cgi/system.cgi?msubmenu=deviceinfo&action=view"),
    (queries.device_date(), "/stw-cgi/system.cgi?msubmenu=date&action=view"),
    (queries.installed_apps(), "/stw-cgi/opensdk.cgi?msubmenu=apps&action=view"),
    (queries.channel_limit(), "/stw-cgi/attributes.cgi/attributes/System/Limit/MaxChannel"),
    (queries.classic_configuration(), "/stw-cgi/eventsources.cgi?msubmenu=peoplecount&action=view"),
    (queries.classic_counts(), "/stw-cgi/eventsources.cgi?msubmenu=peoplecount&action=check"),
    (queries.classic_counts(0), "/stw-cgi/eventsources.cgi?msubmenu=peoplecount&action=check&Channel=0"),
    (queries.wiseai_capability(), "/opensdk/WiseAI/configuration/capability"),
    (queries.wiseai_configuration(1), "/opensdk/WiseAI/configuration/objectcounting?channel=1"),
    (queries.wiseai_counts([0, 1], 2), "/opensdk/WiseAI/search/objectcounting/check?channel=0,1&index=2"),
]


@pytest.mark.parametrize(("query", "target"), OURS)
def test_our_questions_are_those_of_the_manuals_and_allowed(query: Query, target: str) -> None:
    assert query.target == target
    require_allowed(query)


def sunapi(cgi: str, **parameters: str) -> Query:
    return Query("something", f"/stw-cgi/{cgi}", tuple(parameters.items()))


@pytest.mark.parametrize(
    "query",
    [
        sunapi("system.cgi", msubmenu="databasereset", action="control", IncludeDataType="PeopleCount"),
        sunapi("system.cgi", msubmenu="power", action="control", Type="Restart"),
        sunapi("eventsources.cgi", msubmenu="peoplecount", action="set", Channel="0"),
        sunapi("eventsources.cgi", msubmenu="peoplecount", action="remove"),
        sunapi("eventsources.cgi", msubmenu="peoplecount", action="check", Mode="Start"),
        sunapi("eventsources.cgi", msubmenu="PeopleCount", action="check"),
        sunapi("system.cgi", msubmenu="peoplecount", action="check"),
        sunapi("system.cgi"),
        Query("x", "/stw-cgi/../stw-cgi/system.cgi", (("msubmenu", "date"), ("action", "view"))),
        Query("x", "/stw-cgi/system.cgi", (("msubmenu", "date"), ("action", "view"), ("action", "set"))),
        Query("x", "/stw-cgi/system.cgi?msubmenu=power&action=control", (("msubmenu", "date"), ("action", "view"))),
        Query("x", "/opensdk/WiseAI/configuration/objectcounting/data"),
        Query("x", "/opensdk/WiseAI/configuration"),
        Query("x", "/"),
    ],
)
def test_anything_else_cannot_be_sent(query: Query) -> None:
    with pytest.raises(QueryNotAllowed, match="not on the list"):
        require_allowed(query)

from __future__ import annotations

from dataclasses import replace
from datetime import date

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
    (
        queries.classic_search(0, date(2024, 5, 13), "PeopleCount-Master", ("EastDoor", "West-Süd total")),
        "/stw-cgi/recording.cgi?msubmenu=peoplecountsearch&action=control&Mode=Start&Channel=0"
        "&FromDate=2024-05-13T00:00:00Z&ToDate=2024-05-13T23:59:59Z"
        "&Camera.PeopleCount-Master.Line.EastDoor.Direction=In,Out"
        "&Camera.PeopleCount-Master.Line.West-S%C3%BCd%20total.Direction=In,Out",
    ),
    (
        queries.classic_search_status("PeopleCount-2024-05-14T07:31:09-204"),
        "/stw-cgi/recording.cgi?msubmenu=peoplecountsearch&action=view&Type=Status"
        "&SearchToken=PeopleCount-2024-05-14T07%3A31%3A09-204",
    ),
    (
        queries.classic_search_results("x"),
        "/stw-cgi/recording.cgi?msubmenu=peoplecountsearch&action=view&Type=Results&SearchToken=x",
    ),
    (
        queries.classic_search_cancel("x&Mode=Start"),
        "/stw-cgi/recording.cgi?msubmenu=peoplecountsearch&action=control&Mode=Cancel&SearchToken=x%26Mode%3DStart",
    ),
    (
        queries.wiseai_search(0, 1, date(2024, 5, 13)),
        "/opensdk/WiseAI/search/objectcounting?channel=0&index=1"
        "&fromDate=2024-05-13T00:00:00&toDate=2024-05-13T23:59:59",
    ),
    (queries.wiseai_search_status("a/b c"), "/opensdk/WiseAI/search/objectcounting/a%2Fb%20c"),
    (queries.wiseai_search_results("7"), "/opensdk/WiseAI/search/objectcounting/7/results"),
    (queries.wiseai_search_cancel("7"), "/opensdk/WiseAI/search/objectcounting/7/cancel"),
]


def test_the_one_request_that_is_no_get_takes_back_a_search() -> None:
    assert [query.method for query, _ in OURS if query.method != "GET"] == ["PUT"]
    assert queries.wiseai_search_cancel("7").method == "PUT"


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
        sunapi("recording.cgi", msubmenu="peoplecountsearch", action="control", Mode="Delete"),
        sunapi("recording.cgi", msubmenu="peoplecountsearch", action="control"),
        sunapi("recording.cgi", msubmenu="peoplecountsearch", action="set"),
        sunapi("recording.cgi", msubmenu="general", action="control", Mode="Start"),
        Query("x", "/opensdk/WiseAI/configuration/objectcounting", method="PUT"),
        Query("x", "/opensdk/WiseAI/configuration/objectcounting", method="DELETE"),
        Query("x", "/opensdk/WiseAI/search/objectcounting", method="PUT"),
        Query("x", "/opensdk/WiseAI/search/objectcounting/7", method="PUT"),
        Query("x", "/opensdk/WiseAI/search/objectcounting/7/results", method="PUT"),
        Query("x", "/opensdk/WiseAI/search/objectcounting/7/cancel"),
        Query("x", "/opensdk/WiseAI/search/objectcounting/7/cancel", (("x", "y"),), "PUT"),
        Query("x", "/opensdk/WiseAI/search/objectcounting/7/data", method="PUT"),
        Query("x", "/opensdk/WiseAI/search/objectcounting/a/b"),
        Query("x", "/opensdk/WiseAI/search/objectcounting/.."),
        Query("x", "/opensdk/WiseAI/search/objectcounting/../cancel", method="PUT"),
        Query("x", "/opensdk/WiseAI/search/objectcounting/"),
        Query("x", "/opensdk/WiseAI/search/objectcounting/7?x=y"),
        replace(sunapi("system.cgi", msubmenu="date", action="view"), method="POST"),
        Query("x", "/opensdk/WiseAI/configuration/objectcounting/data"),
        Query("x", "/opensdk/WiseAI/configuration"),
        Query("x", "/"),
    ],
)
def test_anything_else_cannot_be_sent(query: Query) -> None:
    with pytest.raises(QueryNotAllowed, match="not on the list"):
        require_allowed(query)

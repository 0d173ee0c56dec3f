from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from peoplecount.sunapi import queries
from peoplecount.sunapi.query import Query
from peoplecount.sunapi.read_only import QueryNotAllowed, may_be_bypassed, require_allowed

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
    (queries.wiseai_search_status("a:b c"), "/opensdk/WiseAI/search/objectcounting/a%3Ab%20c"),
    (queries.wiseai_search_results("7"), "/opensdk/WiseAI/search/objectcounting/7/results"),
    (queries.wiseai_search_cancel("7"), "/opensdk/WiseAI/search/objectcounting/7/cancel"),
    (
        queries.event_stream(),
        "/stw-cgi/eventstatus.cgi?msubmenu=eventstatus&action=monitordiff&SchemaBased=True",
    ),
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
        sunapi("system.cgi", msubmenu="date", action="view", Type="Restart"),
        sunapi("system.cgi", msubmenu="date", action="view", MSUBMENU="power"),
        sunapi("eventsources.cgi", msubmenu="peoplecount", action="check", Action="set"),
        sunapi("eventsources.cgi", msubmenu="peoplecount", action="check", Channel="0", channel="1"),
        sunapi("eventsources.cgi", msubmenu="peoplecount", action="check", **{"Channel.0.Enable": "False"}),
        sunapi("eventsources.cgi", msubmenu="peoplecount", action="check ", Channel="0"),
        sunapi("Eventsources.cgi", msubmenu="peoplecount", action="check"),
        sunapi("eventstatus.cgi", msubmenu="eventstatus", action="monitor"),
        sunapi("eventstatus.cgi", msubmenu="eventstatus", action="monitordiff", Mode="Start"),
        sunapi("recording.cgi", msubmenu="peoplecountsearch", action="view", **{"Camera.X.Line.Y.Direction": "In"}),
        sunapi("recording.cgi", msubmenu="peoplecountsearch", action="control", Mode="Start", **{"Camera.X": "In"}),
        sunapi("recording.cgi", msubmenu="peoplecountsearch", action="control", Mode="Cancel", Type="All"),
        Query("x", "//stw-cgi/system.cgi", (("msubmenu", "date"), ("action", "view"))),
        Query("x", "/stw-cgi/./system.cgi", (("msubmenu", "date"), ("action", "view"))),
        Query("x", "/stw-cgi/%73ystem.cgi", (("msubmenu", "date"), ("action", "view"))),
        Query("x", "/stw-cgi/system.cgi#", (("msubmenu", "date"), ("action", "view"))),
        Query("x", "/opensdk/WiseAI/search/objectcounting/check", (("channel", "0"), ("mode", "reset"))),
        Query("x", "/opensdk/WiseAI/search/objectcounting/%2e%2e", method="PUT"),
        *(queries.wiseai_search_cancel(f"7{sign}8") for sign in "/\\?#%&\n\x7f"),
        queries.wiseai_search_cancel("7/../../configuration/objectcounting/data"),
        queries.wiseai_search_cancel("7..8"),
        queries.wiseai_search_cancel("."),
        Query("x", "/opensdk/WiseAI/search/objectcounting/7%/cancel", method="PUT"),
        Query("x", "/opensdk/WiseAI/search/objectcounting/7%2f/cancel", method="PUT"),
        Query("x", "/opensdk/WiseAI/search/objectcounting/7", (("x", "y"),)),
        Query("x", "/opensdk/WiseAI/configuration"),
        Query("x", "/"),
    ],
)
def test_anything_else_cannot_be_sent(query: Query) -> None:
    with pytest.raises(QueryNotAllowed, match="not on the list"):
        require_allowed(query)


THROUGH = [
    queries.device_info(),
    queries.device_date(),
    queries.installed_apps(),
    queries.channel_limit(),
    queries.classic_configuration(1),
    queries.classic_counts(),
    queries.classic_counts(0),
    queries.classic_search(0, date(2024, 5, 13), "PeopleCount-Master", ("EastDoor", "West-Süd total")),
    queries.classic_search_status("PeopleCount-2024-05-14T07:31:09-204"),
    queries.classic_search_results("x"),
    queries.classic_search_cancel("x"),
]


@pytest.mark.parametrize("query", THROUGH, ids=lambda query: query.target)
def test_sunapi_commands_go_through_a_recorder(query: Query) -> None:
    sent = queries.bypassed(query, 3)

    assert may_be_bypassed(query)
    require_allowed(sent)
    assert dict(sent.parameters)["BypassURI"] == query.target
    assert (sent.subject, sent.patient) == (query.subject, query.patient)


def test_what_goes_through_a_recorder_is_encoded_once_more_as_a_whole() -> None:
    assert queries.bypassed(queries.classic_counts(0), 3).target == (
        "/stw-cgi/bypass.cgi?msubmenu=bypass&action=control&Channel=3&HeadersToSend=Accept%3Aapplication%2Fjson"
        "&BypassURI=%2Fstw-cgi%2Feventsources.cgi%3Fmsubmenu%3Dpeoplecount%26action%3Dcheck%26Channel%3D0"
    )


def bypass(inside: str, channel: str = "0", headers: str = queries.BYPASS_HEADERS, **more: str) -> Query:
    fixed = {"msubmenu": "bypass", "action": "control", "Channel": channel, "HeadersToSend": headers}
    return sunapi("bypass.cgi", **fixed, BypassURI=inside, **more)


DATE = "/stw-cgi/system.cgi?msubmenu=date&action=view"


def test_the_attacks_below_differ_from_what_may_be_sent_in_one_thing_each() -> None:
    require_allowed(bypass(DATE))


@pytest.mark.parametrize(
    "query",
    [
        bypass("/stw-cgi/system.cgi?msubmenu=databasereset&action=control&IncludeDataType=PeopleCount"),
        bypass("/stw-cgi/system.cgi?msubmenu=power&action=control&Type=Restart"),
        bypass("/stw-cgi/eventsources.cgi?msubmenu=peoplecount&action=set&Channel=0"),
        bypass("/stw-cgi/eventstatus.cgi?msubmenu=eventstatus&action=monitordiff&SchemaBased=True"),
        bypass("/opensdk/WiseAI/configuration/capability"),
        bypass("/opensdk/WiseAI/search/objectcounting/7/cancel"),
        bypass(queries.bypassed(queries.device_date(), 0).target),
        bypass(""),
        bypass("http://192.0.2.9" + DATE),
        bypass("//192.0.2.9" + DATE),
        bypass("%2Fstw-cgi%2Fsystem.cgi%3Fmsubmenu%3Ddate%26action%3Dview"),
        bypass(DATE + "%26action%3Dset"),
        bypass(DATE + "&action=set"),
        bypass(DATE + "&Action=set"),
        bypass(DATE + "&"),
        bypass(DATE + "#"),
        bypass(DATE + "&x"),
        bypass(DATE + ";action=set"),
        bypass(DATE + "\r\nX-Header: 1"),
        bypass(DATE.replace("date", "d%61te")),
        bypass(DATE.replace("date", "Date")),
        bypass(DATE.replace("/system", "/../stw-cgi/system")),
        bypass(DATE.replace("/system", "/%2e%2e/stw-cgi/system")),
        bypass(DATE.replace("/system", "/%252e%252e/stw-cgi/system")),
        bypass(
            "/stw-cgi/recording.cgi?msubmenu=peoplecountsearch&action=view&Type=Status&SearchToken=x%26action%3Dset"
        ),
        bypass("/stw-cgi/recording.cgi?msubmenu=peoplecountsearch&action=view&Type=Status&SearchToken=x%2526action"),
        bypass(DATE, channel=""),
        bypass(DATE, channel="-1"),
        bypass(DATE, channel="00"),
        bypass(DATE, channel="0,1"),
        bypass(DATE, channel="0&action=set"),
        bypass(DATE, channel="１"),
        bypass(DATE, headers="Accept:application/json,X-Method:DELETE"),
        bypass(DATE, headers=""),
        bypass(DATE, Mode="Start"),
        bypass(DATE, bypassURI="/x"),
        replace(bypass(DATE), method="PUT"),
        replace(bypass(DATE), method="POST"),
        replace(bypass(DATE), path="/stw-cgi/Bypass.cgi"),
        replace(bypass(DATE), path="/stw-cgi/bypass.cgi/"),
        replace(bypass(DATE), parameters=(*bypass(DATE).parameters, ("BypassURI", "/x"))),
        replace(bypass(DATE), parameters=tuple(pair for pair in bypass(DATE).parameters if pair[0] != "HeadersToSend")),
    ],
    ids=lambda query: f"{query.method} {query.target}",
)
def test_nothing_else_goes_through_a_recorder(query: Query) -> None:
    with pytest.raises(QueryNotAllowed, match="not on the list"):
        require_allowed(query)


@pytest.mark.parametrize(
    "query",
    [
        queries.event_stream(),
        queries.wiseai_capability(),
        queries.wiseai_counts([0], 1),
        queries.wiseai_search_cancel("7"),
        queries.classic_search_status("x&action=set"),
        queries.classic_search(0, date(2024, 5, 13), "PeopleCount-Master", ("100%",)),
        queries.classic_search(0, date(2024, 5, 13), "PeopleCount-Master", ("a+b",)),
        sunapi("system.cgi", msubmenu="power", action="control"),
    ],
    ids=lambda query: query.target,
)
def test_what_may_be_misread_on_the_way_or_is_no_command_does_not(query: Query) -> None:
    assert not may_be_bypassed(query)

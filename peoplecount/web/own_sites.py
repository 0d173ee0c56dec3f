"""What somebody may see who is limited to some sites: their part, and of the rest not even that it is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from flask import abort

from peoplecount.domain.sentence import say
from peoplecount.domain.visitor import Visitor
from peoplecount.services.count_rows import CountRow
from peoplecount.services.counts_query import CountsQuery
from peoplecount.services.missed_counts import RecordsQuery
from peoplecount.stream.selection import Selection
from peoplecount.stream.snapshot import only
from peoplecount.web.gate import visitor

_NO_SITE = frozenset({"\N{DELETE}"})
"""An id that no site has. To choose no site at all is to choose all of them."""


def own_part(of: Visitor, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a snapshot that is theirs to see."""
    return only(fields, Selection(sites=of.sites or _NO_SITE)) if of.sites is not None else fields


def own_selection(of: Visitor, chosen: Selection) -> Selection:
    """What was chosen, as far as it is theirs."""
    if of.sites is None:
        return chosen
    sites = (chosen.sites & of.sites if chosen.sites else of.sites) or _NO_SITE
    return Selection(chosen.cameras, chosen.doors, sites, chosen.kinds)


def own_places(query: RecordsQuery) -> RecordsQuery:
    """A question for records, as far as they are theirs. 404 for a site that is not."""
    sites = visitor().sites
    if sites is None:
        return query
    if set(query.places.site_ids) - sites:
        abort(404, say("There is no such site."))
    return replace(query, places=replace(query.places, site_ids=query.places.site_ids or sites or _NO_SITE))


def own_site(of: Visitor, asked: Mapping[str, str]) -> Mapping[str, str]:
    """Parameters of a question for counts: where only one site is theirs, it is that which is meant."""
    if of.sites is None or len(of.sites) != 1 or asked.get("site"):
        return asked
    return {**asked, "site": next(iter(of.sites))}


def demand_own_place(of: Visitor, query: CountsQuery, fields: Mapping[str, Any]) -> None:
    """404 unless site, door and line that are asked for are theirs. What was removed from the board is nobody's."""
    own = own_part(of, fields)
    if query.site_id is not None and not of.may_see(query.site_id):
        abort(404, say("There is no such site."))
    for kind, wanted in (("door", query.door_id), ("camera", query.camera_id), ("line", query.line_id)):
        if wanted is not None and wanted not in {row[f"{kind}Id"] for row in own[f"{kind}s"]}:
            abort(404, f"There is no such {kind}.")


def own_rows(rows: Iterable[CountRow]) -> Iterator[CountRow]:
    """The counts that are theirs."""
    of = visitor()
    return (row for row in rows if of.may_see(row.site_id)) if of.is_limited else iter(rows)

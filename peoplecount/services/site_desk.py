"""The desk for sites: where pages and commands list, enter, change and remove them, and tell of counts by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from peoplecount.domain.change import Subject, Value
from peoplecount.domain.clock import Clock
from peoplecount.domain.hand_count import HandCount
from peoplecount.domain.roster import Roster
from peoplecount.domain.sentence import say
from peoplecount.domain.site import DEFAULT_SITE_ID, Site
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.door_desk import DoorDesk, DoorInHand, NoSuchPlace, demand_version, free_id, some
from peoplecount.services.fleet import id_of
from peoplecount.services.site_entry import InvalidFields, as_texts, moment_counted, people_counted, with_texts
from peoplecount.services.version import version_of
from peoplecount.storage.entries import plain_id
from peoplecount.storage.errors import InvalidEntry
from peoplecount.storage.hand_count_table import HandCountTable
from peoplecount.storage.site_table import SiteTable

COUNTS_SHOWN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SiteInHand:
    """A site with everything that hangs on it."""

    site: Site
    is_entered: bool
    """False for a default site of which only the settings tell."""

    doors: tuple[DoorInHand, ...]
    cameras: tuple[tuple[str, str], ...]
    """Names and ids of the cameras that belong to it, by name."""

    @property
    def version(self) -> str:
        """Of what can be changed."""
        return version_of(self.site)

    @property
    def is_removable(self) -> bool:
        """Whether nothing hangs on it. The default site is always there."""
        return not self.doors and not self.cameras and self.site.site_id != DEFAULT_SITE_ID


class SiteDesk:
    """Changes sites and doors, and notes who did.

    All calls raise ``DatabaseError``; those that change something also ``InvalidEntry``, of which ``InvalidFields``
    names the fields, ``NoSuchPlace`` says that it is not there, and ``ChangedMeanwhile`` that ``version`` is not the
    one that is there. Without a ``version`` it is what was read last that is changed.
    """

    def __init__(
        self,
        table: SiteTable,
        hand_counts: HandCountTable,
        log: AuditLog,
        *,
        default_site: Site,
        roster: Callable[[], Roster],
        clock: Clock,
    ) -> None:
        """``roster`` has the cameras, as known last; ``clock`` is that of the cameras."""
        self._table = table
        self._hand_counts = hand_counts
        self._log = log
        self.doors = DoorDesk(table, log)
        self._default_site = default_site
        self._roster = roster
        self._clock = clock

    def sites(self) -> dict[str, Site]:
        """All sites by id, the default one among them."""
        return {DEFAULT_SITE_ID: self._default_site, **self._entered()}

    def known(self) -> Mapping[str, Site]:
        """All sites by id as they were known last; asks no database."""
        return {DEFAULT_SITE_ID: self._default_site, **self._roster().sites}

    def in_use(self) -> set[str]:
        """Ids of all sites but a default one on which nothing hangs though there are others; asks no database."""
        known, roster = self.known(), self._roster()
        cameras = (*roster.cameras.values(), *roster.paused.values())
        named = {one.site_id for one in cameras} | {one.site_id for one in roster.doors.values()}
        used = {_home(site_id, known) for site_id in named} | (set(known) - {DEFAULT_SITE_ID})
        return used or {DEFAULT_SITE_ID}

    def offered(self, had: Collection[str] = ()) -> dict[str, Site]:
        """Those to be chosen, by id: the ones in use, a default one that was entered, and what was chosen before."""
        used = self.in_use() | set(had)
        return {
            site_id: site for site_id, site in self.known().items() if site_id in used or site != self._default_site
        }

    def named(self, wanted: str) -> Site:
        """The site of that id or name."""
        sites = self.sites()
        for site in sites.values():
            if wanted in (site.site_id, site.name):
                return site
        raise NoSuchPlace(
            say("there is no site %(wanted)s; there are %(value)s", wanted=repr(wanted[:64]), value=", ".join(sites))
        )

    def in_hand(self) -> list[SiteInHand]:
        """All sites with what hangs on them, by name; the default one last."""
        entered, doors, roster = self._entered(), self.doors.in_hand(), self._roster()
        everywhere = {DEFAULT_SITE_ID: self._default_site, **entered}
        doors_of: dict[str, list[DoorInHand]] = defaultdict(list)
        for door in doors:
            doors_of[_home(door.door.site_id, everywhere)].append(door)
        cameras_of: dict[str, list[tuple[str, str]]] = defaultdict(list)
        known = {one.camera_id: (one.name, one.site_id) for one in (*roster.cameras.values(), *roster.paused.values())}
        for camera_id, (name, site_id) in (known | self._table.own_cameras()).items():
            cameras_of[_home(site_id, everywhere)].append((name, camera_id))
        found = [
            SiteInHand(site, site_id in entered, tuple(doors_of[site_id]), tuple(sorted(cameras_of[site_id])))
            for site_id, site in everywhere.items()
        ]
        return sorted(found, key=lambda one: (one.site.site_id == DEFAULT_SITE_ID, one.site.name.casefold()))

    def one_in_hand(self, site_id: str) -> SiteInHand:
        """A site with what hangs on it."""
        for one in self.in_hand():
            if one.site.site_id == site_id:
                return one
        raise NoSuchPlace(say("there is no site %(site_id)s", site_id=repr(site_id[:64])))

    def add_site(self, who: str, texts: Mapping[str, str], site_id: str = "") -> Site:
        """Enter a site as it was typed in; its id is made from its name unless one is given."""
        site, sites = with_texts(self._default_site, texts), self.sites()
        site = replace(site, site_id=site_id or free_id(id_of(site.name), sites))
        if site.site_id in sites:
            raise InvalidFields(
                {"site_id": say("there is a site %(site_id)s already: choose another id", site_id=repr(site.site_id))}
            )
        try:
            plain_id(site.site_id)
        except ValueError as error:
            raise InvalidFields({"site_id": str(error)}) from error
        self._table.change_site(None, site)
        self._note(who, "added", site, {}, _site_facts(site))
        return site

    def change_site(self, who: str, site_id: str, texts: Mapping[str, str], version: str = "") -> Site:
        """Change what is named in ``texts``; the site as it is then."""
        entered = self._entered()
        before = entered.get(site_id) or self.sites().get(site_id)
        if before is None:
            raise NoSuchPlace(say("there is no site %(site_id)s", site_id=repr(site_id[:64])))
        demand_version(before.name, version_of(before), version)
        after = with_texts(before, texts)
        if after != before:
            self._table.change_site(entered.get(site_id), after)
            self._note(who, "changed", after, _site_facts(before), _site_facts(after))
        return after

    def remove_site(self, who: str, site_id: str) -> Site:
        """Forget a site on which nothing hangs; what it was. Its history stays."""
        one = self.one_in_hand(site_id)
        if site_id == DEFAULT_SITE_ID:
            raise InvalidEntry(say("the default site stays: cameras without a site belong to it"))
        if one.cameras or one.doors:
            raise InvalidEntry(
                say(
                    "%(name)s still has %(hanging)s; move or remove them first",
                    name=one.site.name,
                    hanging=_hanging(one),
                )
            )
        self._table.remove_site(site_id)
        self._note(who, "removed", one.site, _site_facts(one.site), {})
        return one.site

    def count(self, who: str, site: Site, people: str, at: str = "", note: str = "") -> HandCount:
        """Enter how many people somebody counted inside, as it was typed in; see ``moment_counted``."""
        counted_at = moment_counted(at.strip(), site, self._clock.now())
        count = HandCount(site.site_id, counted_at, people_counted(people.strip()), note.strip())
        try:
            self._hand_counts.put(count)
        except InvalidEntry as error:
            raise InvalidFields({"people": str(error)}) from error
        facts: dict[str, Value] = {"people inside": count.people, "at": f"{counted_at:%Y-%m-%d %H:%M} UTC"}
        self._note(who, say("counted people at"), site, {}, facts | ({"note": count.note} if count.note else {}))
        return count

    def counts(self, site_id: str) -> list[HandCount]:
        """What was counted by hand at a site lately, the newest first."""
        found = self._hand_counts.since(self._clock.now() - COUNTS_SHOWN)
        return [count for count in reversed(found) if count.site_id == site_id]

    def now(self) -> datetime:
        """What time it is for the cameras, UTC."""
        return self._clock.now()

    def _entered(self) -> dict[str, Site]:
        return {site.site_id: site for site in self._table.sites()}

    def _note(self, who: str, verb: str, site: Site, before: Mapping[str, Value], after: Mapping[str, Value]) -> None:
        sites = [site.site_id]
        self._log.note(who, verb, Subject.SITE, site.site_id, site.name, sites=sites, before=before, after=after)


def _home(site_id: str, sites: Mapping[str, Site]) -> str:
    """Cameras and doors of a site that is none belong to the default one."""
    return site_id if site_id in sites else DEFAULT_SITE_ID


def _site_facts(site: Site) -> dict[str, Value]:
    return {name.replace("_", " "): text for name, text in as_texts(site).items()}


def _hanging(one: SiteInHand) -> str:
    doors = [say("the doors %(some)s", some=some(place.door.name for place in one.doors))] if one.doors else []
    cameras = [say("the cameras %(some)s", some=some(name for name, _ in one.cameras))] if one.cameras else []
    return " and ".join([*doors, *cameras])

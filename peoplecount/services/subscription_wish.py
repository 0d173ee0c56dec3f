"""What somebody wishes to be told of, as JSON says it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from peoplecount.domain.interval import Scope, Step
from peoplecount.domain.sentence import say, words_of
from peoplecount.domain.threshold import Threshold
from peoplecount.domain.webhook import LONGEST_GAP, Topic, Wish


class SubscriptionRefused(ValueError):
    """What is wished makes no sense; ``name`` is the part of it that is at fault, where it is one."""

    def __init__(self, words: str, name: str = "") -> None:
        super().__init__(words)
        self.name = name


def demand_sense(wish: Wish, sites: Collection[str] | None) -> None:
    """Refuse what is no wish, or not one of somebody who may see these ``sites``. Raises ``SubscriptionRefused``."""
    if not wish.topics:
        raise SubscriptionRefused(say("Choose one kind of event at least"), "kinds")
    if not 0 <= wish.min_gap <= LONGEST_GAP:
        raise SubscriptionRefused(
            say("The gap is not a number of seconds from 0 to %(most)s", most=LONGEST_GAP), "minGapSeconds"
        )
    strange = wish.site_ids - set(sites) if sites is not None else frozenset()
    if strange:
        raise SubscriptionRefused(say("There is no site %(value)s", value=repr(min(strange)[:64])), "siteId")


_ONE_OR_MORE = ("cameraId", "doorId", "siteId")
_KNOWN = {"kinds", *_ONE_OR_MORE, "scopes", "steps", "threshold", "minGapSeconds"}


def wish_of(fields: Mapping[str, Any]) -> Wish:
    """A wish from JSON. Raises ``SubscriptionRefused``, which names the field.

    ``kinds`` (a list of ``Topic``; left out: intervals), ``cameraId``, ``doorId``, ``siteId`` (an id or a list),
    ``scopes`` (``site``, ``door``, ``line``) and ``steps`` (``5``, ``15``, ``60``, ``day``) of intervals,
    ``threshold`` (people, or ``85 %`` of the capacity), ``minGapSeconds``. Fields of other names are left alone.
    """
    cameras, doors, sites = (frozenset(_texts(fields, name)) for name in _ONE_OR_MORE)
    threshold = fields.get("threshold")
    try:
        limit = None if threshold in (None, "") else Threshold.parse(str(threshold))
    except ValueError as error:
        raise SubscriptionRefused(words_of(error), "threshold") from None
    gap = fields.get("minGapSeconds") or 0
    if isinstance(gap, bool) or not isinstance(gap, int) or not 0 <= gap <= LONGEST_GAP:
        raise SubscriptionRefused(
            say("The gap is not a number of seconds from 0 to %(most)s", most=LONGEST_GAP), "minGapSeconds"
        )
    return Wish(
        frozenset(_chosen(fields, "kinds", Topic) or [Topic.INTERVAL_CLOSED]),
        cameras,
        doors,
        sites,
        frozenset(_chosen(fields, "scopes", Scope)),
        frozenset(_chosen(fields, "steps", Step)),
        limit,
        gap,
    )


def _texts(fields: Mapping[str, Any], name: str) -> list[str]:
    found = fields.get(name)
    texts = [] if found in (None, "") else [found] if isinstance(found, str | int) else found
    if not isinstance(texts, list) or not all(isinstance(one, str | int) for one in texts) or len(texts) > 1000:
        raise SubscriptionRefused(say("%(name)s is neither a text nor a list of texts", name=name), name)
    return [str(one)[:200] for one in texts]


def _chosen(fields: Mapping[str, Any], name: str, kind: Any) -> list[Any]:  # noqa: ANN401 - an enumeration of texts
    known = {one.value: one for one in kind}
    texts = _texts(fields, name)
    strange = [text for text in texts if text not in known]
    if strange:
        raise SubscriptionRefused(
            say(
                "%(value)s is none of the %(name)s: %(known)s are",
                value=repr(strange[0][:40]),
                name=name,
                known=", ".join(known),
            ),
            name,
        )
    return [known[text] for text in texts]

"""How far somebody's rights reach: all sites, or some."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from wtforms import RadioField, SelectChoice, SelectMultipleField
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput

from peoplecount.domain.sentence import say
from peoplecount.domain.site import Site
from peoplecount.web.admin.form import AdminForm, chosen

ALL, SOME = "all", "some"


class ReachForm(AdminForm):
    """A form in which sites are chosen. ``offer`` says which there are, before it is looked at or shown."""

    reach = RadioField(
        say("Sites"),
        [chosen(say("Choose all sites, or only some."))],
        choices=[
            SelectChoice(ALL, say("All sites, also those to come")),
            SelectChoice(SOME, say("Only those ticked here")),
        ],
        default=ALL,
    )
    sites = SelectMultipleField(say("Which sites"), option_widget=CheckboxInput(), validate_choice=False)

    def offer(self, known: Mapping[str, Site], had: Collection[str] = ()) -> None:
        """Sites by name, and those that somebody has though they are no more: they are not taken away unseen."""
        gone = [
            SelectChoice(site_id, say("%(site_id)s (not there any more)", site_id=site_id))
            for site_id in sorted(set(had) - set(known))
        ]
        there = sorted(known.values(), key=lambda site: site.name.casefold())
        self.sites.choices = [SelectChoice(site.site_id, site.name) for site in there] + gone

    def validate_sites(self, field: Any) -> None:  # noqa: ANN401  WTForms calls it
        """Some are chosen, of those that are there."""
        if self.reach.data != SOME:
            return
        if not field.data:
            raise ValidationError(say("Tick one site at least, or choose all sites."))
        strange = set(field.data) - {choice.value for choice in field.choices}
        if strange:
            raise ValidationError(say("There is no site %(value)s.", value=repr(min(strange)[:64])))

    def chosen_sites(self) -> frozenset[str] | None:
        """The ids of the sites; ``None``: all."""
        return None if self.reach.data == ALL else frozenset(self.sites.data)


def reach_of(sites: Collection[str] | None) -> dict[str, Any]:
    """What a form shows that was filled in with these sites."""
    return {"reach": ALL, "sites": []} if sites is None else {"reach": SOME, "sites": sorted(sites)}

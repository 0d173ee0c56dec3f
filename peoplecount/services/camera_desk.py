"""The cameras' desk: whoever adds, changes, pauses or removes cameras does it here, by a page or by a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from peoplecount.domain.camera import Camera
from peoplecount.domain.camera_networks import CameraNetworks
from peoplecount.domain.change import Subject, Value
from peoplecount.domain.sentence import say
from peoplecount.domain.site import Site
from peoplecount.domain.visitor import Visitor
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.camera_doubles import CameraDoubles, place_of
from peoplecount.services.camera_entry import texts_of
from peoplecount.services.camera_trial import CameraTrials
from peoplecount.services.known_serials import KnownSerials
from peoplecount.services.trial import Finding, Flaw, Trial
from peoplecount.services.version import version_of
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.errors import ChangedMeanwhile, InvalidEntry
from peoplecount.storage.site_table import SiteTable


class NoSuchCamera(InvalidEntry):
    """There is none with this id, or it is at a site that is not theirs to see."""


@dataclass(frozen=True, slots=True)
class EnteredCamera:
    """A camera as it is entered, without its password."""

    camera: Camera
    site: Site
    paused: bool = False

    @property
    def version(self) -> str:
        """Changes with everything that is known of it but its password."""
        return version_of(replace(self.camera, password="", last_counts={}), self.paused)


@dataclass(frozen=True, slots=True)
class Login:
    """What holds for cameras that are entered without a user of their own."""

    username: str = ""
    password: str = ""

    def of(self, camera: Camera) -> Camera:
        """The camera as it is asked."""
        return camera if camera.username else replace(camera, username=self.username, password=self.password)

    def __repr__(self) -> str:
        return "Login(…)"


class CameraDesk:
    """Whoever is ``by`` sees and changes the cameras of their own sites, and of no others.

    All raise ``DatabaseError``; those that change something also ``InvalidEntry`` and, where somebody else was
    quicker, ``ChangedMeanwhile``. Each change is noted in the audit log.
    """

    def __init__(
        self,
        cameras: CameraTable,
        sites: SiteTable,
        trials: CameraTrials,
        serials: KnownSerials,
        audit: AuditLog,
        *,
        default_site: Site,
        login: Login | None = None,
        networks: CameraNetworks | None = None,
        are_theirs: bool = False,
    ) -> None:
        """``networks`` are where cameras may be: everywhere unless given.

        ``are_theirs``: an installation's own view says which cameras there are and where they answer.
        """
        self._cameras = cameras
        self._sites = sites
        self._trials = trials
        self._serials = serials
        self._audit = audit
        self._default_site = default_site
        self._login = login or Login()
        self._networks = networks or CameraNetworks()
        self.are_theirs = are_theirs

    def sites(self, by: Visitor) -> dict[str, Site]:
        """The sites that are theirs, by id, the default one first."""
        return {site_id: site for site_id, site in self._all_sites().items() if by.may_see(site_id)}

    def offered(self, by: Visitor) -> dict[str, Site]:
        """Those of them to be chosen: not a default one that nobody entered or uses, where others are."""
        entered = {site.site_id for site in self._sites.sites()}
        hides = entered and all(camera.site_id in entered for camera in self._cameras.cameras(opened=False))
        return {site_id: site for site_id, site in self.sites(by).items() if not hides or site_id in entered}

    def entered(self, by: Visitor) -> list[EnteredCamera]:
        """The cameras that are theirs, by name. One of a site that was never entered is at the default one."""
        sites, paused = self._all_sites(), self._cameras.paused()
        found = (
            EnteredCamera(camera, sites.get(camera.site_id, self._default_site), camera.camera_id in paused)
            for camera in self._cameras.cameras(opened=False)
        )
        theirs = (one for one in found if by.may_see(one.site.site_id))
        return sorted(theirs, key=lambda one: (one.camera.name.casefold(), one.camera.camera_id))

    def find(self, by: Visitor, camera_id: str) -> EnteredCamera:
        """One of them. Raises ``NoSuchCamera``."""
        for one in self.entered(by):
            if one.camera.camera_id == camera_id:
                return one
        raise NoSuchCamera(say("there is no camera %(camera_id)s", camera_id=repr(camera_id[:64])))

    def with_password(self, one: EnteredCamera) -> Camera:
        """The camera as it is asked. Raises ``ValueError`` where its password cannot be opened."""
        return replace(one.camera, password=self._cameras.password(one.camera.camera_id))

    def as_asked(self, one: EnteredCamera) -> Camera:
        """The camera with the login it is asked with. Raises ``ValueError`` where its password cannot be opened."""
        return self._login.of(self.with_password(one))

    def demand_own_login(self, by: Visitor, camera: Camera, before: Camera | None = None) -> None:
        """Raise ``InvalidEntry`` where who sees some sites would have the login of all cameras sent to a new address.

        With it they would see cameras of other sites. ``before``: the camera as it is entered.
        """
        if not by.is_limited or camera.username or not self._login.username:
            return
        if before is None or before.username or place_of(before) != place_of(camera):
            raise InvalidEntry(
                say("Enter the camera's own user: the one for all cameras is for who may see all sites.")
            )

    def demand_network(self, camera: Camera) -> None:
        """Raise ``InvalidEntry`` where no camera may be at its address; where a name leads is seen when it is asked."""
        _refuse(self._networks.refusal_at(camera.address))

    def ask(self, camera: Camera, site: Site) -> Trial:
        """Ask a camera, and look at nothing else."""
        return self._trials.try_out(self._login.of(camera), site)

    def doubles(self) -> CameraDoubles:
        """All cameras that are entered, to find those that are entered twice. Raises ``LogError``, too."""
        return CameraDoubles(self._cameras.cameras(opened=False), self._serials.all())

    def try_out(self, by: Visitor, camera: Camera) -> Trial:
        """Ask a camera; that another one is the same device is among the findings.

        Raises ``LogError``, too, and ``InvalidEntry`` where they may not ask it.
        """
        self.demand_network(camera)
        self._demand_askable(by, camera)
        trial = self.ask(camera, self._all_sites().get(camera.site_id, self._default_site))
        twin = self.doubles().of_device(by, camera.camera_id, trial.serial)
        if not twin:
            return trial
        return replace(trial, findings=(Finding(Flaw.SAME_DEVICE, twin), *trial.findings))

    def refuse_double(self, by: Visitor, camera: Camera, trial: Trial | None = None) -> None:
        """Raise ``InvalidEntry`` where a new camera's id, address or device is entered already."""
        doubles = self.doubles()
        if doubles.has(camera.camera_id):
            raise InvalidEntry(
                say(
                    "There is a camera %(camera_id)s already: give this one another id.",
                    camera_id=repr(camera.camera_id),
                )
            )
        _refuse(doubles.at_address(by, camera))
        _refuse(doubles.of_device(by, camera.camera_id, trial.serial if trial else ""))

    def add(self, by: Visitor, camera: Camera, trial: Trial | None = None, *, again: bool = False) -> None:
        """Enter a camera. ``again``: also where another one is the same device or has its address."""
        self._demand_site(by, camera)
        self.demand_network(camera)
        self.demand_own_login(by, camera)
        if not again:
            self.refuse_double(by, camera, trial)
        self._serials.note(camera.camera_id, trial.serial if trial else "")  # first: it is nothing without the camera
        self._cameras.add(camera)
        self._note(by, "added", camera, after=_shown(camera))

    def change(
        self,
        by: Visitor,
        camera: Camera,
        version: str,
        trial: Trial | None = None,
        *,
        keeps_password: bool,
    ) -> None:
        """Replace what is known of a camera by ``camera``, but for its lines."""
        before = self._unchanged(by, camera.camera_id, version)
        self._demand_site(by, camera)
        self.demand_own_login(by, camera, before.camera)
        doubles = self.doubles()
        if place_of(camera) != place_of(before.camera):
            self.demand_network(camera)
            _refuse(doubles.at_address(by, camera))
        _refuse(doubles.of_device(by, camera.camera_id, trial.serial if trial else ""))
        camera = replace(camera, lines=before.camera.lines)
        if trial is not None:
            self._serials.note(camera.camera_id, trial.serial)
        self._cameras.change(camera, known=before.camera, keeps_password=keeps_password)
        secret: dict[str, Value] = {} if keeps_password else {"password": "new"}
        self._note(by, "changed", camera, before.camera, before=_shown(before.camera), after=_shown(camera) | secret)

    def pin(self, by: Visitor, fingerprints: Mapping[str, str]) -> None:
        """Accept the certificates with these fingerprints, by camera; empty: an authority has to vouch for it again."""
        cameras = {one.camera.camera_id: one.camera for one in self.entered(by)}
        for camera_id, fingerprint in fingerprints.items():
            camera = cameras.get(camera_id)
            if camera is None:
                raise NoSuchCamera(say("there is no camera %(camera_id)s", camera_id=repr(camera_id[:64])))
            self._cameras.pin(camera_id, fingerprint)
            before: dict[str, Value] = {"https_pin": camera.certificate}
            self._note(by, "changed", camera, before=before, after={"https_pin": fingerprint})

    def note_password(self, by: Visitor, camera_id: str) -> None:
        """Somebody has entered a camera's password anew, in the table itself: its row may not be readable before."""
        self._audit.note(by.name, "changed", Subject.CAMERA, camera_id, after={"password": "new"})

    def pause(self, by: Visitor, camera_id: str, *, paused: bool = True) -> None:
        """Stop asking a camera for now, or go on with it."""
        one = self.find(by, camera_id)
        if one.paused != paused:
            self._cameras.pause(camera_id, paused=paused)
            self._note(by, "paused" if paused else "resumed", one.camera)

    def remove(self, by: Visitor, camera_id: str, version: str | None = None) -> None:
        """Forget a camera; what it counted stays."""
        one = self.find(by, camera_id) if version is None else self._unchanged(by, camera_id, version)
        self._cameras.remove(camera_id)
        self._note(by, "removed", one.camera, before=_shown(one.camera))

    def unchanged(self, by: Visitor, camera_id: str, version: str) -> EnteredCamera:
        """A camera, if it is still as somebody saw it. Raises ``ChangedMeanwhile`` and ``NoSuchCamera``."""
        return self._unchanged(by, camera_id, version)

    def _unchanged(self, by: Visitor, camera_id: str, version: str) -> EnteredCamera:
        one = self.find(by, camera_id)
        if one.version != version:
            raise ChangedMeanwhile(
                say("camera %(camera_id)s was changed by somebody else meanwhile", camera_id=repr(camera_id))
            )
        return one

    def _all_sites(self) -> dict[str, Site]:
        return {self._default_site.site_id: self._default_site} | {site.site_id: site for site in self._sites.sites()}

    def _demand_askable(self, by: Visitor, camera: Camera) -> None:
        if by.is_limited:  # what it answers is shown
            before = next((one.camera for one in self.entered(by) if one.camera.camera_id == camera.camera_id), None)
            self.demand_own_login(by, camera, before)
            if before is None or place_of(before) != place_of(camera):
                _refuse(self.doubles().at_address(by, camera))

    def _demand_site(self, by: Visitor, camera: Camera) -> None:
        if camera.site_id not in self.sites(by):
            raise InvalidEntry(say("there is no site %(site_id)s", site_id=repr(camera.site_id[:64])))

    def _note(
        self,
        by: Visitor,
        verb: str,
        camera: Camera,
        earlier: Camera | None = None,
        *,
        before: Mapping[str, Value] | None = None,
        after: Mapping[str, Value] | None = None,
    ) -> None:
        sites = {camera.site_id, earlier.site_id if earlier else camera.site_id}
        self._audit.note(
            by.name, verb, Subject.CAMERA, camera.camera_id, camera.name, sites=sites, before=before, after=after
        )


def _shown(camera: Camera) -> dict[str, Value]:
    """What of a camera may stand in the audit log."""
    return {name: value for name, value in texts_of(camera).items() if name not in {"id", "password"}}


def _refuse(reason: str) -> None:
    if reason:
        raise InvalidEntry(reason)

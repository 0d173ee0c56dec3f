"""Looking at an installation that was there before: its view of cameras, its table of totals, and what is in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from peoplecount.domain.camera_networks import CameraNetworks
from peoplecount.domain.running_totals import Findings, Verdict, examine
from peoplecount.services.inspection import Step, odd, wrong
from peoplecount.services.registros_rows import figures
from peoplecount.storage.api_camaras import REQUIRED, CameraReading
from peoplecount.storage.catalogue import Catalogue, Found
from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.dialects import Product
from peoplecount.storage.errors import DatabaseError, SchemaMismatch
from peoplecount.storage.registros import OldRow, Registros
from peoplecount.storage.registros_shape import CAMERA, TOTALS, RegistrosShape, shape_of

VIEW = "API_camaras"
TABLE = "registros"

SAMPLE = 20_000
"""Rows that are looked at: the newest."""

OURS_ONLY = "inner_address"
"""A column that our own view has and theirs has not."""

MOST_NAMED = 8


@dataclass
class Attachable:
    """What was found so far."""

    view: Found | None = None
    table: Found | None = None
    shape: RegistrosShape | None = None
    cameras: CameraReading | None = None
    sample: Sequence[OldRow] = ()


class AttachWalk:
    """Walks through an installation. Nothing is changed by it."""

    def __init__(
        self, db: IDBConnection, product: Product, own_schema: str, networks: CameraNetworks | None = None
    ) -> None:
        """``networks`` are where cameras may be: everywhere unless given."""
        self._db = db
        self._own_schema = own_schema
        self._networks = networks or CameraNetworks()
        self._catalogue = Catalogue(db, product)
        self.found = Attachable()

    def steps(self, view: str = "", table: str = "") -> Iterator[Step]:
        """What each step finds. ``view`` and ``table`` are looked for in all schemas where they are not given.

        Raises ``DatabaseError``.
        """
        step = self._view(view)
        yield step
        if not step.ends:
            yield self._readable(self.found.view, ("SELECT",), "view rights")
        step = self._table(table)
        yield step
        if step.ends:
            return
        yield self._readable(self.found.table, ("SELECT", "INSERT"), "rights")
        yield from self._rows()

    def cameras(self, reading: CameraReading) -> Iterator[Step]:
        """What is in the view, as it was read; credentials are not shown."""
        self.found.cameras = reading
        known = reading.roster.cameras.values()
        refusals = {one.camera_id: self._networks.refusal_at(one.address) for one in known}
        cameras = [camera for camera in known if not refusals[camera.camera_id]]
        bare = [camera.camera_id for camera in cameras if not camera.username]
        said = f"{len(cameras)} can be polled: {_some([camera.camera_id for camera in cameras]) or 'none'}"
        if not cameras:
            yield wrong("cameras", said, f"{self.found.view} has no camera in it that can be polled.")
            return
        yield Step("cameras", said)
        for camera_id, refusal in refusals.items():
            if refusal:
                yield odd("cameras", f"{camera_id} is not asked: {refusal}", f"Camera {camera_id}: {refusal}.")
        for fault in sorted(reading.faults):
            yield odd("cameras", fault, f"In {self.found.view}: {fault}.")
        if bare:
            yield odd(
                "credentials",
                f"none for {_some(bare)}",
                f"Cameras without credentials in {self.found.view}; set CAMERA_USER and CAMERA_PASSWORD for them.",
            )

    def compared(self) -> Iterator[Step]:
        """How cameras and rows go together."""
        if self.found.cameras is None or not self.found.sample:
            return
        polled = set(self.found.cameras.roster.cameras)
        written = {one.row.camera_id for one in self.found.sample}
        if written - polled:
            yield Step(
                "old cameras", f"rows of {_some(sorted(written - polled))}, which are not in the view; they stay"
            )
        if polled - written:
            yield Step("new cameras", f"no newer row of {_some(sorted(polled - written))}: the first comes with a poll")

    def history(self) -> Step:
        """Whether its rows tell of earlier days."""
        shape = self.found.shape
        if shape is None or not shape.has_date or shape.is_by_day:
            return Step("history", "rows have no time: they tell nothing of earlier days")
        first, last = Registros(shape).span(self._db)
        if first is None:
            return Step("history", "none yet")
        said = f"from {first:%Y-%m-%d} to {last:%Y-%m-%d}: `db attach --import-history` takes it over, marked imported"
        return Step("history", said)

    def _view(self, name: str) -> Step:
        found = [one for one in self._candidates(name, VIEW) if not self._is_ours(one)]
        if len(found) != 1:
            return self._not_one("view", found, name or VIEW, "--view")
        self.found.view = found[0]
        columns = [column.name.lower() for column in self._catalogue.columns(found[0])]
        missing = [column for column in REQUIRED if column not in columns]
        if missing:
            advice = f"{found[0]} lacks {', '.join(missing)}; cameras are read from {', '.join(REQUIRED)}."
            return wrong("view", f"{found[0]} lacks {', '.join(missing)}", advice, ends=True)
        more = [column for column in columns if column not in REQUIRED]
        return Step("view", f"{found[0]}" + (f", with {', '.join(more)} besides" if more else ""))

    def _table(self, name: str) -> Step:
        found = [one for one in self._candidates(name, TABLE) if not one.is_view]
        if len(found) != 1:
            return self._not_one("table", found, name or TABLE, "--table")
        columns = self._catalogue.columns(found[0])
        try:
            shape = shape_of(self._catalogue.product, found[0], columns, self._own_schema)
        except SchemaMismatch as error:
            return wrong("table", str(error), f"{error}.", ends=True)
        self.found.table, self.found.shape = found[0], shape
        return Step("table", f"{found[0]} ({', '.join((CAMERA, *TOTALS))}), {_order_of(shape)}")

    def _candidates(self, name: str, usual: str) -> list[Found]:
        owner, _, plain = (name or usual).rpartition(".")
        return [one for one in self._catalogue.find(plain) if not owner or one.schema.lower() == owner.lower()]

    def _is_ours(self, found: Found) -> bool:
        return any(column.name == OURS_ONLY for column in self._catalogue.columns(found))

    def _not_one(self, what: str, found: Sequence[Found], name: str, option: str) -> Step:
        if not found:
            said = f"there is no {name}, or it is not shown to our account"
            return wrong(what, said, f"No {what} {name} was found; name it with {option} SCHEMA.NAME.", ends=True)
        several = ", ".join(map(str, found))
        return wrong(what, f"there are {several}", f"There are {several}: say which with {option}.", ends=True)

    def _readable(self, found: Found | None, rights: Collection[str], name: str) -> Step:
        assert found is not None  # noqa: S101 - narrows the type: it was found just now
        missing = [right for right in rights if not self._catalogue.may(found, right)]
        if missing:
            advice = (
                f"Our account needs {' and '.join(rights)} on {found}: GRANT {', '.join(missing)} ON {found} TO it."
            )
            return wrong(name, f"{' and '.join(missing)} missing", advice)
        return Step(name, " and ".join(rights))

    def _rows(self) -> Iterator[Step]:
        assert self.found.shape is not None  # noqa: S101 - as above
        try:
            self.found.sample = Registros(self.found.shape).sample(self._db, SAMPLE)
        except DatabaseError as error:
            yield wrong("rows", str(error), f"The rows of {self.found.table} cannot be read: {error}.")
            return
        findings = examine(figures(self.found.sample))
        yield self._judged(findings)
        if findings.repeats:
            yield Step("repeats", f"{findings.repeats} rows say what the one before said; ours will not")

    def _judged(self, findings: Findings) -> Step:
        moves = findings.rises + findings.falls
        within = "within a day, " if findings.dated else ""
        seen = f"{findings.rows} rows, {moves} changes of a total, {findings.falls} of them falls {within}".rstrip(", ")
        if findings.verdict is Verdict.RUNNING:
            return Step("rows", f"running totals, line 1 in in1 and out1, line 2 in in2 and out2 ({seen})")
        if findings.verdict is Verdict.TOO_FEW:
            return odd("rows", f"too few to tell whether they are running totals ({seen})")
        what = "a figure below zero" if findings.negative else seen
        advice = (
            f"The rows of {self.found.table} are no running totals ({what}), but such are what we would write. "
            "Reports would add up two different things; it is left alone."
        )
        return wrong("rows", f"no running totals ({what})", advice)


def _order_of(shape: RegistrosShape) -> str:
    names = shape.table.c
    numbered = f"numbered by {names.number.name}" if shape.has_number else "without numbers"
    if not shape.has_date:
        return f"{numbered}, without dates"
    clock = "UTC" if shape.is_utc else "the server's local time"
    by = f" ({clock})" if shape.clock else ", not by a default that we know"
    return f"{numbered}, dated by {names.dated.name}{by}"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    return shown + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")

"""One import, from the package to the report: in batches, each whole, that can be gone on with.

What has been written is not written again, but made again: the same units in the same order give
the same rows, because an import knows its own rows in the kommune and does not look at them. So
whoever goes on has the codes, the numbers and the names that it would have had.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from sakark_api.db.queue import defer_last
from sakark_api.deponering.pakke import (
    ARKIVSTRUKTUR,
    ENDRINGSLOGG,
    VERSJONER,
    XML_FILER,
    Pakke,
)
from sakark_api.errors import Conflict, Invalid
from sakark_api.innlesing.avstemming import Avstemming, Avviksliste, Hode, Kilde, reconcile
from sakark_api.innlesing.avvik import Avvik
from sakark_api.innlesing.fil import Filer
from sakark_api.innlesing.henvisning import HENVISER, Endret, Henvisninger
from sakark_api.innlesing.kode import Koder
from sakark_api.innlesing.logg import line_of_import, lines_of
from sakark_api.innlesing.mellomlager import Lest, Mellomlager
from sakark_api.innlesing.navn import Oppdrag, Opptatt, wanted
from sakark_api.innlesing.omforming import STRUKTUR, Omforming, Resultat
from sakark_api.noark.arkivstruktur.arkivdel import AKTIV, Arkivdel
from sakark_api.noark.arkivstruktur.dokumentobjekt import EXAMINATION
from sakark_api.noark.logging.endringslogg import Hendelseslogg
from sakark_api.noark.model import table_of
from sakark_api.storage import Documents
from sakark_api.tenancy import innlesing as rader
from sakark_api.tenancy.innlesing import Innlesing, Kommet
from sakark_api.tenancy.kommune import Kommune
from sakark_api.tenancy.session import Writer
from sakark_api.texts import Text, text

__all__ = ["Bestilling", "innles"]

_NAMESPACE: Final = UUID("4c7d2f5a-7a39-5c54-9a58-3ad1c0f6e0b7")
_STEPS: Final = ("", "struktur", "enheter", "henvisninger", "logg", "ferdig")
_UNITS: Final = 2000
_MOST_UNITS: Final = 50_000
_HEADS: Final = frozenset({"klasse", "mappe", "registrering"})
"""Before these a batch may end: what comes before is whole."""
_PROGRESS: Final = 10
_ACTIVE: Final[Mapping[str | None, bool | None]] = {
    "aktiv": True,
    "avsluttet": False,
    None: None,
}
_NAME: Final = "Innlesing av arkivuttrekk"

T = TypeVar("T")
_VALUES: Final = attrgetter("kode", "fil", "linje", "sted", "verdi", "enhet")
Tell = Callable[[Text], None]


@dataclass(frozen=True)
class Bestilling:
    """What an import is asked to be: of arkivdeler that are active, closed, or as they were."""

    aktiv: bool | None = False
    dry_run: bool = False


async def innles(
    writer: Writer,
    kommune: Kommune,
    documents: Documents,
    pakke: Pakke,
    bestilling: Bestilling,
    now: datetime,
    tell: Tell,
) -> Avstemming:
    """Read an extraction into a kommune, or go on with one that was cut off.

    Gives what there was and what there is now; of one that is there already, what there was when it
    came. Raises `Invalid` for what is no extraction or no XML, and `Conflict` when somebody else
    is reading it in at the same time.
    """
    structure = pakke.file(ARKIVSTRUKTUR)
    if structure is None:
        raise Invalid(
            text("Pakken har ikke arkivstruktur.xml. Uten den er det ingenting å lese inn.")
        )
    tell(text("Leser {fil}", fil=ARKIVSTRUKTUR))
    digests = {name: _digest(path) for name in XML_FILER if (path := pakke.file(name))}
    whole = "".join(f"{name}:{one}\n" for name, one in sorted(digests.items()))
    digest = hashlib.sha256(whole.encode()).hexdigest()
    async with writer.transaction(kommune.id) as session:
        known = await session.run_sync(partial(rader.find, fingeravtrykk=digest))
    if known is not None and known.ferdig is not None:
        return Avstemming.of_data(known.tall)
    own = uuid5(_NAMESPACE, f"{kommune.slug}/{digest}")
    started = known.startet if known is not None else now
    # What was begun as closed goes on so, whatever is asked for now.
    aktiv = _ACTIVE[known.arkivdelstatus] if known is not None else bestilling.aktiv
    oppdrag = Oppdrag(own, digest, _version(pakke), started, aktiv)
    with tempfile.TemporaryDirectory(prefix="sakark-import-") as folder:
        lager = Mellomlager.of(Path(folder) / "enheter", structure)
        try:
            run = _Run(writer, kommune, documents, pakke, bestilling, oppdrag, lager, tell)
            log = pakke.file(ENDRINGSLOGG)
            run.log = Mellomlager.of(Path(folder) / "logg", log) if log is not None else None
            await run.begin(known, digests)
            return await run.to_end(now)
        finally:
            lager.close()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Run:
    """One import under way: how far it is, and how many faults there were until here."""

    def __init__(
        self,
        writer: Writer,
        kommune: Kommune,
        documents: Documents,
        pakke: Pakke,
        bestilling: Bestilling,
        oppdrag: Oppdrag,
        lager: Mellomlager,
        tell: Tell,
    ) -> None:
        self._writer, self._kommune, self._pakke = writer, kommune, pakke
        self._dry, self._oppdrag, self._lager, self._tell = bestilling.dry_run, oppdrag, lager, tell
        self.log: Mellomlager | None = None
        kept = None if self._dry else documents
        self._filer = Filer(pakke, kept, f"{kommune.slug}/innlest/{oppdrag.digest[:16]}")
        self._at = Kommet(oppdrag.innlesing, "", 0)
        self._faults = 0
        self.avvik = Avviksliste()
        self._arkiv: UUID | None = None
        self._years: dict[int, int] = {}

    async def begin(self, known: Innlesing | None, digests: dict[str, str]) -> None:
        """Note that the import has begun, with what is wrong with the package as a whole."""
        faults = list(_of_package(self._pakke, digests, self._lager))
        self.avvik.add(faults)
        if known is not None and not self._dry:
            self._at = Kommet(known.id, known.trinn, known.kommet)
            self._faults = await self._do(partial(rader.count_faults, innlesing=known.id))
            self._tell(text("Går videre der innlesingen slapp."))
        elif not self._dry:
            self._faults = len(faults)
            await self._do(partial(self._note, faults=faults))
        kodeverk = await self._do(lambda session: session.info["kodeverk"])
        self._koder = Koder(kodeverk)
        self._omforming = Omforming(self._lager, self._koder, self._oppdrag)

    def _note(self, session: Session, faults: Sequence[Avvik]) -> None:
        oppdrag = self._oppdrag
        made = Innlesing(
            id=oppdrag.innlesing,
            fingeravtrykk=oppdrag.digest,
            mappe=self._pakke.root.name,
            versjon=oppdrag.versjon,
            arkivdelstatus=_status(oppdrag),
            startet=oppdrag.naa,
            trinn="",
            kommet=0,
            tall={},
        )
        rader.begin(session, made)
        rader.keep_faults(session, oppdrag.innlesing, _rows(faults, 0))

    async def to_end(self, now: datetime) -> Avstemming:
        """Read everything in, and give what there was and what there is now."""
        await self._units("struktur", [list(self._lager.every(STRUKTUR))])
        await self._units("enheter", _batches(self._lager.every()))
        await self._references()
        await self._old_log()
        # Before the transaction: it takes its time over a large extraction.
        kilde = Kilde.of(self._lager, self._oppdrag)
        return await self._do(partial(self._finish, kilde=kilde, now=now))

    def _finish(self, session: Session, kilde: Kilde, now: datetime) -> Avstemming:
        """Let numbers go on, and count what came: in one transaction with that it is there."""
        if not self._dry:
            self._open_up(session)
            self.avvik = Avviksliste()
            for page in rader.faults_of(session, self._oppdrag.innlesing):
                self.avvik.add([Avvik(*_VALUES(one)) for one in page])
        head = Hode(
            kommune=self._kommune.slug,
            mappe=self._pakke.root.name,
            versjon=self._oppdrag.versjon,
            fingeravtrykk=self._oppdrag.digest,
            arkivdelstatus=_status(self._oppdrag),
            dry_run=self._dry,
            filer=self._filer.antall,
            byte=self._filer.byte,
        )
        found = reconcile(session, kilde, self._oppdrag, head, self.avvik)
        if not self._dry:
            rader.finish(session, self._oppdrag.innlesing, now, found.as_data())
        return found

    async def _units(self, step: str, batches: Iterable[list[Lest]]) -> None:
        """Make rows of units, batch by batch, and write those that are not there."""
        for number, units in enumerate(batches):
            taken = await self._taken(units)
            made = self._omforming.take(units, taken)
            if self._arkiv is None:
                self._arkiv = next((one["system_id"] for one in _arkiver(made)), None)
            if not number % _PROGRESS and number:
                self._tell(text("{antall} elementer er lest", antall=units[-1].nr))
            await self._write(made, Kommet(self._oppdrag.innlesing, step, units[-1].nr))

    async def _taken(self, units: Sequence[Lest]) -> Opptatt:
        """Ask what the kommune's other units are called, of what these would be."""
        names = wanted(units)
        years = {int(one.partition("/")[0]) for one in names.get("journal", ())}
        fresh = years - self._years.keys()

        def ask(session: Session) -> dict[str, set[str]]:
            own = self._oppdrag.innlesing
            if fresh:
                highest = rader.highest_numbers(session, own, fresh)
                self._years |= dict.fromkeys(fresh, 0) | highest
            return rader.taken(session, own, names)

        return Opptatt(await self._do(ask), self._years)

    async def _references(self) -> None:
        henvisninger = Henvisninger(self._lager, self._omforming)
        for units in _pages(self._lager.every(HENVISER)):
            changed = henvisninger.take(units)
            place = Kommet(self._oppdrag.innlesing, "henvisninger", units[-1].nr)
            await self._write(self._omforming.result, place, changed)

    async def _old_log(self) -> None:
        if self.log is None:
            return
        about = str(text("Fra endringsloggen i et arkivuttrekk"))
        for units in _pages(self.log.every(["endring"])):
            made = Resultat()
            for one in lines_of(units, self._lager, self._oppdrag, about):
                if isinstance(one, Avvik):
                    made.avvik.append(one)
                else:
                    made.rader[table_of(Hendelseslogg)].append(one)
            await self._write(made, Kommet(self._oppdrag.innlesing, "logg", units[-1].nr))

    async def _write(self, made: Resultat, place: Kommet, changed: Sequence[Endret] = ()) -> None:
        """Write what came of a batch in one transaction, unless it is there already."""
        if not self._dry and _reached(self._at, place):
            self._koder.nye.clear()
            return
        made.avvik += await self._filer.store(made.filer)
        if self._dry:
            self.avvik.add(made.avvik)
            return
        await self._do(partial(self._write_all, made=made, place=place, changed=changed))
        self._faults += len(made.avvik)
        self._at = place

    def _write_all(
        self,
        session: Session,
        made: Resultat,
        place: Kommet,
        changed: Sequence[Endret],
    ) -> None:
        own = self._oppdrag.innlesing
        if not rader.go_on(session, self._at, place):
            raise Conflict(
                text("Noen andre leser inn det samme uttrekket nå. Vent til de er ferdige.")
            )
        rader.add_codes(session, self._koder.nye, self._oppdrag.naa)
        fields = {one: uuid5(_NAMESPACE, f"{self._kommune.slug}/{one}") for one in made.egne_felt}
        rader.add_fields(session, fields, str(text("Hva enheten het i arkivet den kommer fra")))
        if self._arkiv is not None:
            about = str(text("Lest inn fra et arkivuttrekk"))
            mark = f"{place.trinn}/{place.nr}"
            line = line_of_import(self._oppdrag, self._arkiv, about, _NAME, mark)
            made.rader[table_of(Hendelseslogg)].append(line)
        rader.insert_rows(session, made.rader)
        for one in changed:
            rader.update_row(session, one.table, one.system_id, one.values)
        rader.keep_faults(session, own, _rows(made.avvik, self._faults))
        stored = [one.rad["system_id"] for one in made.filer if one.rad.get("lagringsnoekkel")]
        defer_last(session, EXAMINATION, stored)
        self._koder.nye.clear()

    def _open_up(self, session: Session) -> None:
        """Let numbers go on after those that came, and what is to be active take what is new."""
        rader.raise_series(session, self._omforming.arkivdeler)
        if not self._oppdrag.aktiv:
            return
        status = self._koder.default("arkivdelstatus", AKTIV)
        for one in self._omforming.arkivdeler:
            rader.update_row(session, table_of(Arkivdel), one, {"arkivdelstatus": status})
        assert self._arkiv is not None  # noqa: S101  an arkivdel is in one
        line = line_of_import(
            self._oppdrag, self._arkiv, str(text("Åpnet etter innlesing")), _NAME, "ferdig"
        )
        rader.insert_rows(session, {table_of(Hendelseslogg): [line]})

    async def _do(self, act: Callable[[Session], T]) -> T:
        """Do something to the kommune's rows in one transaction."""
        async with self._writer.transaction(self._kommune.id) as session:
            return await session.run_sync(act)


def _arkiver(made: Resultat) -> Iterator[dict[str, Any]]:
    return (row for one, rows in made.rader.items() if one.name == "arkiv" for row in rows)


def _batches(units: Iterable[Lest]) -> Iterator[list[Lest]]:
    """Put units together in batches that begin with a whole one."""
    batch: list[Lest] = []
    for unit in units:
        is_full = len(batch) >= _UNITS and unit.slag in _HEADS
        if is_full or len(batch) >= _MOST_UNITS:
            yield batch
            batch = []
        batch.append(unit)
    if batch:
        yield batch


def _pages(units: Iterable[Lest]) -> Iterator[list[Lest]]:
    page: list[Lest] = []
    for unit in units:
        page.append(unit)
        if len(page) == _UNITS:
            yield page
            page = []
    if page:
        yield page


def _reached(at: Kommet, place: Kommet) -> bool:
    return (_STEPS.index(at.trinn), at.nr) >= (_STEPS.index(place.trinn), place.nr)


def _rows(faults: Sequence[Avvik], first: int) -> list[dict[str, Any]]:
    return [{"nummer": first + place, **asdict(one)} for place, one in enumerate(faults)]


def _version(pakke: Pakke) -> str:
    """Give the version that a package is read as: the one it says, or the nearest known."""
    told = pakke.uttrekk.version or ""
    return next((one for one in VERSJONER if told[:1] == one[:1]), VERSJONER[-1])


def _status(oppdrag: Oppdrag) -> str | None:
    """Name what arkivdeler become."""
    return next(name for name, aktiv in _ACTIVE.items() if aktiv is oppdrag.aktiv)


def _of_package(pakke: Pakke, digests: dict[str, str], lager: Mellomlager) -> Iterator[Avvik]:
    """List what is wrong with a package as a whole."""
    if pakke.uttrekk.version not in VERSJONER:
        yield Avvik("I04", pakke.description, 0, "version", pakke.uttrekk.version)
    for one in pakke.uttrekk.dataobjekter:
        name = one.file.name or one.name
        if name not in digests:
            yield Avvik("I01", name, 0, "", None)
        elif (one.file.checksum or "").lower() != digests[name]:
            yield Avvik("I02", name, 0, "checksum", one.file.checksum)
    counted = lager.counts()
    for slag, told in pakke.uttrekk.antall.items():
        number = sum(count for (kind, _, _), count in counted.items() if kind == slag)
        if told != str(number):
            yield Avvik("I03", pakke.description, 0, slag, f"{told} ({number})")

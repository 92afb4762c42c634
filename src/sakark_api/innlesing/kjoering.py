"""One import, from the package to the report: in batches, each whole, that can be gone on with.

What has been written is not written again, but made again: the same units in the same order give
the same rows, because an import knows its own rows in the kommune and does not look at them. So
whoever goes on has the codes, the numbers and the names that it would have had.
"""

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
from sakark_api.errors import Conflict
from sakark_api.innlesing.avstemming import Avstemming, Avviksliste, Hode, Kilde, reconcile
from sakark_api.innlesing.avvik import Avvik
from sakark_api.innlesing.endringer import Endringer
from sakark_api.innlesing.fil import Filer
from sakark_api.innlesing.fylling import fill, fill_changes
from sakark_api.innlesing.henvisning import HENVISER, Endret, Henvisninger
from sakark_api.innlesing.kildepakke import Kildepakke
from sakark_api.innlesing.kode import Koder
from sakark_api.innlesing.kvittering import receipt_of
from sakark_api.innlesing.logg import line_of_import, lines_of
from sakark_api.innlesing.melding import message_id, sender_of
from sakark_api.innlesing.mellomlager import Lest, Mellomlager
from sakark_api.innlesing.navn import Oppdrag, Opptatt, wanted
from sakark_api.innlesing.nummer import give_numbers
from sakark_api.innlesing.omforming import STRUKTUR, Omforming, Resultat
from sakark_api.innlesing.plassering import Plassering
from sakark_api.innlesing.verdi import UKJENT
from sakark_api.noark.arkivstruktur.arkivdel import AKTIV, Arkivdel
from sakark_api.noark.arkivstruktur.dokumentobjekt import EXAMINATION
from sakark_api.noark.logging.endringslogg import Hendelseslogg
from sakark_api.noark.model import table_of
from sakark_api.storage import Documents
from sakark_api.tenancy import innlesing as rader
from sakark_api.tenancy.innlesing import Innlesing, Kommet
from sakark_api.tenancy.inserting import insert_rows, plan_once
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
_NAME_OF_MESSAGES: Final = "Innlesing av arkivmelding"

T = TypeVar("T")
_VALUES: Final = attrgetter("kode", "fil", "linje", "sted", "verdi", "enhet")
Tell = Callable[[Text], None]


@dataclass(frozen=True)
class Bestilling:
    """What an import is asked to be: of arkivdeler that are active, closed, or as they were."""

    aktiv: bool | None = False
    dry_run: bool = False
    arkivdel: str | None = None
    """Where units of a message go that does not say it: systemID or title."""


async def innles(
    writer: Writer,
    kommune: Kommune,
    documents: Documents,
    pakke: Kildepakke,
    bestilling: Bestilling,
    now: datetime,
    tell: Tell,
) -> Avstemming:
    """Read an extraction or a message into a kommune, or go on with one that was cut off.

    Gives what there was and what there is now; of one that is there already, what there was when it
    came. Raises `Invalid` for a message without a place, `Unreadable` for what is no XML, and
    `Conflict` when somebody else is reading it in at the same time, or another message has its id.
    """
    tell(text("Leser {fil}", fil=pakke.fil))
    digest = pakke.fingeravtrykk
    async with writer.transaction(kommune.id) as session:
        known = await session.run_sync(partial(rader.find, fingeravtrykk=digest))
    if known is not None and known.ferdig is not None:
        return Avstemming.of_data(known.tall)
    own = uuid5(_NAMESPACE, f"{kommune.slug}/{digest}")
    started = known.startet if known is not None else now
    # What was begun as closed goes on so, whatever is asked for now.
    aktiv = _ACTIVE[known.arkivdelstatus] if known is not None else bestilling.aktiv
    aktiv = None if pakke.er_melding else aktiv
    with tempfile.TemporaryDirectory(prefix="sakark-import-") as folder:
        lager = fill(Path(folder) / "enheter", pakke.struktur, pakke.ordbok)
        sender = sender_of(lager) or UKJENT
        oppdrag = Oppdrag(
            own, digest, pakke.versjon, started, aktiv, pakke.fil, pakke.er_melding, sender
        )
        try:
            run = _Run(writer, kommune, documents, pakke, bestilling, oppdrag, lager, tell)
            log = pakke.logg
            run.log = fill_changes(Path(folder) / "logg", log) if log is not None else None
            await run.begin(known)
            return await run.to_end(now)
        finally:
            lager.close()


class _Run:
    """One import under way: how far it is, and how many faults there were until here."""

    def __init__(
        self,
        writer: Writer,
        kommune: Kommune,
        documents: Documents,
        pakke: Kildepakke,
        bestilling: Bestilling,
        oppdrag: Oppdrag,
        lager: Mellomlager,
        tell: Tell,
    ) -> None:
        self._writer, self._kommune, self._pakke = writer, kommune, pakke
        self._dry, self._oppdrag, self._lager, self._tell = bestilling.dry_run, oppdrag, lager, tell
        self.log: Endringer | None = None
        kept = None if self._dry else documents
        prefix = f"{kommune.slug}/innlest/{oppdrag.digest[:16]}"
        self._filer = Filer(pakke.finn, pakke.fil, kept, prefix)
        named = bestilling.arkivdel
        self._plassering = Plassering(lager, oppdrag, named) if pakke.er_melding else None
        self._at = Kommet(oppdrag.innlesing, "", 0)
        self._faults = 0
        self.avvik = Avviksliste()
        self._about: tuple[str, UUID] | None = None
        """The unit that lines of the log are of: the arkiv that came, or where a message goes."""
        self._years: dict[int, int] = {}
        self._written = 0

    async def begin(self, known: Innlesing | None) -> None:
        """Note that the import has begun, with what is wrong with the package as a whole."""
        faults = list(self._pakke.feil(self._lager))
        self.avvik.add(faults)
        if self._plassering is not None:
            await self._do(partial(self._find_places, known=known))
        if known is not None and not self._dry:
            self._at = Kommet(known.id, known.trinn, known.kommet)
            self._faults = await self._do(partial(rader.count_faults, innlesing=known.id))
            self._tell(text("Går videre der innlesingen slapp."))
        elif not self._dry:
            self._faults = len(faults)
            await self._do(partial(self._note, faults=faults))
        kodeverk = await self._do(lambda session: session.info["kodeverk"])
        self._koder = Koder(kodeverk)
        self._omforming = Omforming(self._lager, self._koder, self._oppdrag, self._plassering)

    def _find_places(self, session: Session, known: Innlesing | None) -> None:
        """See that a message has somewhere to go, and that no other has the id that it has."""
        called = message_id(self._lager)
        if known is None and called is not None and rader.has_message(session, called):
            raise Conflict(
                text(
                    "Meldingen {id} er lest inn før, med et annet innhold. Er det en annen melding,"
                    " må avsenderen gi den en egen meldingId.",
                    id=called,
                )
            )
        assert self._plassering is not None  # noqa: S101  asked of messages only
        self._plassering.begin(session)
        self._about = next((("arkivdel", one) for one in self._plassering.arkivdeler), None)

    def _note(self, session: Session, faults: Sequence[Avvik]) -> None:
        oppdrag = self._oppdrag
        made = Innlesing(
            id=oppdrag.innlesing,
            fingeravtrykk=oppdrag.digest,
            mappe=self._pakke.navn,
            versjon=oppdrag.versjon,
            arkivdelstatus=_status(oppdrag),
            startet=oppdrag.naa,
            trinn="",
            kommet=0,
            tall={},
            melding=message_id(self._lager),
        )
        rader.begin(session, made)
        rader.keep_faults(session, oppdrag.innlesing, _rows(faults, 0))

    async def to_end(self, now: datetime) -> Avstemming:
        """Read everything in, and give what there was and what there is now."""
        structure = list(self._lager.every(STRUKTUR))
        await self._units("struktur", [structure] if structure else [])
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
            fil=self._oppdrag.fil,
            mappe=self._pakke.navn,
            versjon=self._oppdrag.versjon,
            fingeravtrykk=self._oppdrag.digest,
            arkivdelstatus=_status(self._oppdrag),
            dry_run=self._dry,
            filer=self._filer.antall,
            byte=self._filer.byte,
        )
        found = reconcile(session, kilde, self._oppdrag, head, self.avvik)
        if not self._dry:
            if self._pakke.kvitteres:
                found = found.with_receipt(
                    receipt_of(session, self._lager, self._oppdrag.innlesing)
                )
            rader.finish(session, self._oppdrag.innlesing, now, found.as_data())
        return found

    async def _units(self, step: str, batches: Iterable[list[Lest]]) -> None:
        """Make rows of units, batch by batch, and write those that are not there."""
        for number, units in enumerate(batches):
            taken = await self._taken(units)
            made = self._omforming.take(units, taken)
            if self._about is None:
                self._about = next((("arkiv", one["system_id"]) for one in _arkiver(made)), None)
            if not number % _PROGRESS and number:
                self._tell(text("{antall} elementer er lest", antall=units[-1].nr))
            await self._write(made, Kommet(self._oppdrag.innlesing, step, units[-1].nr))

    async def _taken(self, units: Sequence[Lest]) -> Opptatt:
        """Ask what the kommune's other units are called, of what these would be."""
        names = wanted(units, by_number=self._oppdrag.er_melding)
        years = {int(one.partition("/")[0]) for one in names.get("journal", ())}
        fresh = years - self._years.keys()

        def ask(session: Session) -> dict[str, set[str]]:
            own = self._oppdrag.innlesing
            if self._plassering is not None:
                self._plassering.look_up(session, units)
            if fresh:
                highest = rader.highest_numbers(session, own, fresh)
                self._years |= dict.fromkeys(fresh, 0) | highest
            return rader.taken(session, own, names)

        return Opptatt(await self._do(ask), self._years)

    async def _references(self) -> None:
        own = self._oppdrag.innlesing if self._oppdrag.er_melding else None
        henvisninger = Henvisninger(self._lager, self._omforming, own)
        for units in _pages(self._lager.every(HENVISER)):
            await self._do(partial(henvisninger.look_up, units=units))
            changed = henvisninger.take(units)
            place = Kommet(self._oppdrag.innlesing, "henvisninger", units[-1].nr)
            await self._write(self._omforming.result, place, changed)

    async def _old_log(self) -> None:
        if self.log is None:
            return
        about = str(text("Fra endringsloggen i et arkivuttrekk"))
        for units in self.log.pages():
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
        self._written += 1
        plan_once(session, anew=_has_doubled(self._written))
        if not rader.go_on(session, self._at, place):
            raise Conflict(text("Noen andre leser inn det samme nå. Vent til de er ferdige."))
        rader.add_codes(session, self._koder.nye, self._oppdrag.naa)
        fields = {one: uuid5(_NAMESPACE, f"{self._kommune.slug}/{one}") for one in made.egne_felt}
        rader.add_fields(session, fields, str(text("Hva enheten het i arkivet den kommer fra")))
        if self._oppdrag.er_melding:
            give_numbers(session, made.rader, self._oppdrag.naa)
        if self._about is not None:
            mark = f"{place.trinn}/{place.nr}"
            name = _NAME_OF_MESSAGES if self._oppdrag.er_melding else _NAME
            line = line_of_import(self._oppdrag, self._about, self._told(), name, mark)
            made.rader[table_of(Hendelseslogg)].append(line)
        insert_rows(session, made.rader)
        for one in changed:
            rader.update_row(session, one.table, one.system_id, one.values)
        rader.keep_faults(session, own, _rows(made.avvik, self._faults))
        stored = [one.rad["system_id"] for one in made.filer if one.rad.get("lagringsnoekkel")]
        defer_last(session, EXAMINATION, stored)
        self._koder.nye.clear()

    def _told(self) -> str:
        """Say in the log where units came from."""
        if self._oppdrag.er_melding:
            return str(
                text("Lest inn fra en arkivmelding fra {system}", system=self._oppdrag.avsender)
            )
        return str(text("Lest inn fra et arkivuttrekk"))

    def _open_up(self, session: Session) -> None:
        """Let numbers go on after those that came, and what is to be active take what is new."""
        if self._oppdrag.er_melding:
            rader.raise_documents(session, self._oppdrag.innlesing)
            return
        rader.raise_series(session, self._omforming.arkivdeler)
        if not self._oppdrag.aktiv:
            return
        status = self._koder.default("arkivdelstatus", AKTIV)
        for one in self._omforming.arkivdeler:
            rader.update_row(session, table_of(Arkivdel), one, {"arkivdelstatus": status})
        assert self._about is not None  # noqa: S101  an arkivdel is in one
        line = line_of_import(
            self._oppdrag, self._about, str(text("Åpnet etter innlesing")), _NAME, "ferdig"
        )
        insert_rows(session, {table_of(Hendelseslogg): [line]})

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


def _has_doubled(batches: int) -> bool:
    """Tell whether there are twice as many batches as the last time."""
    return batches & (batches - 1) == 0


def _reached(at: Kommet, place: Kommet) -> bool:
    return (_STEPS.index(at.trinn), at.nr) >= (_STEPS.index(place.trinn), place.nr)


def _rows(faults: Sequence[Avvik], first: int) -> list[dict[str, Any]]:
    return [{"nummer": first + place, **asdict(one)} for place, one in enumerate(faults)]


def _status(oppdrag: Oppdrag) -> str | None:
    """Name what arkivdeler become."""
    return next(name for name, aktiv in _ACTIVE.items() if aktiv is oppdrag.aktiv)

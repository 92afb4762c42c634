"""loependeJournal.xml and offentligJournal.xml: the same entries in the same order, told twice.

`innsyn` says how much of an entry each tells (6.4.29–6.4.31).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Select,
    case,
    cast,
    exists,
    func,
    null,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB

from sakark_api.db.snapshot import Snapshot
from sakark_api.deponering.element import (
    Element,
    Elements,
    Has,
    Made,
    Parts,
    Xml,
    at_column,
    coded,
    elements,
    escaped,
    in_order,
    inside,
    markup,
    place,
    plain,
    rows_of,
    tagged,
    whole,
    written,
)
from sakark_api.deponering.innsyn import Alt, Innsyn, Offentlig
from sakark_api.deponering.sekvens import ARKIVSKAPER, AVSKRIVNING
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.deponering.xmlfil import XmlFile
from sakark_api.noark.arkivstruktur.arkivskaper import arkivskaper
from sakark_api.noark.arkivstruktur.klasse import klasse
from sakark_api.noark.arkivstruktur.korrespondansepart import korrespondansepart
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.model import Base
from sakark_api.noark.names import to_wire
from sakark_api.noark.resource import Resource
from sakark_api.noark.sakarkiv.avskrivning import avskrivning
from sakark_api.rest.tenant import same_kommune

__all__ = [
    "JOURNALS",
    "Journalhode",
    "closing",
    "is_primary",
    "journalhode",
    "loepende",
    "offentlig",
    "opening",
    "write_journal",
]


@dataclass(frozen=True)
class Journalhode:
    """What the head of a journal says: its first and last day, and how many entries there are."""

    first: date
    last: date
    count: int
    arkivskapere: str


async def journalhode(taken: Snapshot, utvalg: Utvalg) -> Journalhode | None:
    """Give the head of the journals of a deposit; None where there are no entries."""
    rows = rows_of(registrering)
    day = cast(rows.c.journaldato, Date())
    ((first, last, count),) = await taken.all(
        select(func.min(day), func.max(day), func.count()).where(*_entries(utvalg, rows))
    )
    if count == 0:
        return None
    ((arkivskapere,),) = await taken.all(_arkivskapere(utvalg))
    return Journalhode(first, last, count, arkivskapere)


async def write_journal(
    taken: Snapshot, utvalg: Utvalg, name: str, head: Journalhode, file: XmlFile
) -> None:
    """Write one of the journals, by journalaar and journalsekvensnummer."""
    file.write(opening(name, head))
    rows = rows_of(registrering)
    ids = select(rows.c.system_id, rows.c.journalaar, rows.c.journalsekvensnummer, place(rows))
    order = ["journalaar", "journalsekvensnummer"]
    ids = ids.where(*_entries(utvalg, rows))
    entries = in_order(registrering, ids, order, JOURNALS[name], parts=[AVSKRIVNING])
    file.written.counts["journalregistrering"] = await taken.lines(entries, file.take)
    file.write(closing(name))


def opening(name: str, head: Journalhode) -> str:
    """Write what comes before the entries of a journal."""
    namespace = f"http://www.arkivverket.no/standarder/noark5/{name}"
    return (
        f'<{name} xmlns="{namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f' xsi:schemaLocation="{namespace} {name}.xsd"><journalhode>'
        f"<journalStartDato>{head.first}</journalStartDato>"
        f"<journalSluttDato>{head.last}</journalSluttDato>"
        f"<antallJournalposter>{head.count}</antallJournalposter>"
        f"{head.arkivskapere}</journalhode>\n"
    )


def closing(name: str) -> str:
    """Write what comes after the entries of a journal."""
    return f"</{name}>\n"


def _entries(utvalg: Utvalg, rows: FromClause) -> list[ColumnElement[bool]]:
    return [same_kommune(rows), rows.c.type == "journalpost", utvalg.has_registrering(rows)]


def _arkivskapere(utvalg: Utvalg) -> Select[Any]:
    """Select those whose archive it is, of all arkiver up to the top, each once, as XML."""
    rows, pairs = rows_of(arkivskaper), Base.metadata.tables["arkivskaper_arkiv"].alias()
    holds = exists().where(
        same_kommune(pairs),
        pairs.c.arkivskaper_ref == rows.c.system_id,
        pairs.c.arkiv_ref.in_(select(utvalg.arkiver.c.system_id)),
    )
    skaper = tagged("arkivskaper", whole(written(ARKIVSKAPER.elements, arkivskaper, rows)))
    return select(func.string_agg(skaper.distinct(), markup(""))).where(
        same_kommune(rows), holds.correlate_except(pairs)
    )


def _coded_field(value: str, field: str) -> Made:
    """Make an element of a code in a value."""

    def made(rows: FromClause, name: str) -> Xml:
        return tagged(name, coded(inside(type_coerce(rows.c[value], JSONB()), field)))

    return made


def _hjemmel(rows: FromClause, name: str) -> Xml:
    return tagged(name, escaped(plain(type_coerce(rows.c.skjerming, JSONB()), name)))


GROUNDS: Final = (
    Element("tilgangsrestriksjon", made=_coded_field("skjerming", "tilgangsrestriksjon")),
    Element("grad", made=_coded_field("gradering", "graderingskode")),
    Element("skjermingshjemmel", made=_hjemmel),
)
"""Why something is not public."""


def loepende(rows: FromClause, innsyn: Innsyn, has: Has | None = None) -> Xml:
    """Write an entry of a loependeJournal, as far as it is told."""
    return _entry(
        rows,
        innsyn,
        elements(
            "mappeID saksaar! sakssekvensnummer!",
            _told(innsyn, mappe, "tittel", needed=True),
            _told(innsyn, mappe, "offentlig_tittel"),
            _told(innsyn, mappe, "administrativ_enhet"),
            _told(innsyn, mappe, "saksansvarlig"),
        ),
        elements(
            "systemID! registreringsID journalaar! journalsekvensnummer! journalpostnummer!",
            _told(innsyn, registrering, "tittel", needed=True),
            "offentligTittel offentlighetsvurdertDato journaldato! dokumentetsDato antallVedlegg",
            *_written_off("avskrivningsdato avskrivningsmaate"),
            "journalenhet",
            *_written_off("referanseAvskrivesAvJournalpost"),
            *GROUNDS,
            _correspondents(innsyn),
        ),
        has,
    )


def offentlig(rows: FromClause, innsyn: Innsyn, has: Has | None = None) -> Xml:
    """Write an entry of an offentligJournal; what cannot hold asterisks is not there."""
    written_off = _written_off("avskrivningsdato avskrivningsmaate referanseAvskrivesAvJournalpost")
    return _entry(
        rows,
        innsyn,
        elements(
            "mappeID saksaar! sakssekvensnummer!",
            _told(innsyn, mappe, "tittel", "offentligTittel"),
            _told(innsyn, mappe, "administrativ_enhet"),
            _told(innsyn, mappe, "saksansvarlig"),
            *GROUNDS[::2],
        ),
        elements(
            "systemID! registreringsID journalaar! journalsekvensnummer! journalpostnummer!",
            _told(innsyn, registrering, "tittel", "offentligTittel"),
            "journaldato!",
            *_if_told(innsyn, Element("dokumentetsDato"), *written_off),
            *GROUNDS,
            _correspondents(innsyn),
        ),
        has,
    )


JOURNALS: Final[Mapping[str, Callable[[FromClause, Has], Xml]]] = {
    "loependeJournal": lambda rows, has: loepende(rows, Alt(rows), has),
    "offentligJournal": lambda rows, has: offentlig(rows, Offentlig(rows), has),
}
"""The journals by their names, and how each writes an entry."""


def _entry(
    rows: FromClause, innsyn: Innsyn, of_mappe: Elements, of_entry: Elements, has: Has | None
) -> Xml:
    of_klasse = elements(
        _told(innsyn, klasse, "klasse_id", "klasseID", needed=True),
        _told(innsyn, klasse, "tittel", needed=True),
    )

    sak, filed = rows_of(mappe), rows_of(klasse)
    on = _klasse_ref(sak.c.klasse_ref, rows)
    under = _one_of(
        filed,
        tagged("klasse", whole(written(of_klasse, klasse, filed))),
        filed.c.system_id == select(on).correlate(sak).scalar_subquery(),
        innsyn.tells(klasse, filed),
    )
    within = tagged("saksmappe", whole(written(of_mappe, mappe, sak)))
    return whole(
        [
            markup("<journalregistrering>"),
            _one_of(sak, whole([under, within]), sak.c.system_id == rows.c.mappe_ref),
            tagged("journalpost", whole(written(of_entry, registrering, rows, has))),
            markup("</journalregistrering>"),
        ]
    )


def is_primary(rows: FromClause, entry: FromClause) -> ColumnElement[bool]:
    """Say that a klasse is the one that an entry's case, or one that it is in, hangs on."""
    sak = rows_of(mappe)
    own = _one_of(sak, sak.c.klasse_ref, sak.c.system_id == entry.c.mappe_ref)
    return rows.c.system_id == select(_klasse_ref(own, entry)).scalar_subquery()


def _klasse_ref(own: ColumnElement[Any], entry: FromClause) -> ColumnElement[Any]:
    """Give what the entry's case hangs on, or the first that it is in that hangs on a klasse."""
    above = rows_of(mappe)
    higher = _one_of(
        above,
        above.c.klasse_ref,
        above.c.system_id == func.any(entry.c.omfang),
        above.c.klasse_ref.is_not(None),
        most=1,
    )
    return func.coalesce(own, higher)


def _one_of(
    rows: FromClause,
    shown: ColumnElement[Any],
    *conditions: ColumnElement[bool],
    most: int | None = None,
) -> ColumnElement[Any]:
    """Give what is shown of the one row of the kommune for which the conditions hold."""
    found = select(shown).where(same_kommune(rows), *conditions).limit(most)
    return found.correlate_except(rows).scalar_subquery()


def _written_off(names: str) -> list[Element]:
    """Give elements of how an entry was first written off."""
    return [
        Element(name, made=_of_first_avskrivning, of_part=AVSKRIVNING.name)
        for name in names.split()
    ]


def _of_first_avskrivning(rows: FromClause, name: str) -> Xml:
    own = rows_of(avskrivning)
    (xml,) = written([Element(name)], avskrivning, own)
    return (
        select(xml)
        .where(same_kommune(own), own.c.journalpost_ref == rows.c.system_id)
        .order_by(own.c.avskrivningsdato, own.c.system_id)
        .limit(1)
        .correlate_except(own)
        .scalar_subquery()
    )


def _correspondents(innsyn: Innsyn) -> Parts:
    """Give the correspondents of an entry, each by its role and a name."""

    def named(rows: FromClause, name: str) -> Xml:
        return tagged(name, escaped(innsyn.name(rows)))

    return Parts(
        "korrespondansepart",
        korrespondansepart,
        at_column("registrering_ref"),
        elements(
            "korrespondanseparttype!", Element("korrespondansepartNavn", needed=True, made=named)
        ),
        ("system_id",),
    )


def _told(
    innsyn: Innsyn,
    resource: Resource[Any],
    column: str,
    called: str = "",
    *,
    needed: bool = False,
) -> Element:
    """Give the element of a text, as far as it is told."""

    def made(rows: FromClause, name: str) -> Xml:
        return tagged(name, escaped(innsyn.text(resource, column, rows)))

    return Element(called or to_wire(column), needed=needed, made=made)


def _if_told(innsyn: Innsyn, *listed: Element) -> list[Element]:
    """Give elements of an entry that cannot hold asterisks: they are there if they are told."""
    return [replace(one, made=partial(_one_if_told, innsyn, one)) for one in listed]


def _one_if_told(innsyn: Innsyn, one: Element, rows: FromClause, _name: str) -> Xml:
    (shown,) = written([one], registrering, rows)
    return case((innsyn.tells(registrering, rows), shown), else_=null())

"""loependeJournal.xml and offentligJournal.xml: the same entries in the same order, told twice.

The public one tells no more than the service shows to those who are cleared for nothing; what is
screened, graded or blocked is asterisks in it, or left out (6.4.29–6.4.31).
"""

from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    not_,
    null,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB

from sakark_api.db.snapshot import Snapshot
from sakark_api.deponering.element import (
    Element,
    Elements,
    Made,
    Parts,
    Tie,
    Xml,
    at_column,
    coded,
    elements,
    escaped,
    in_order,
    inside,
    markup,
    plain,
    rows_of,
    tagged,
    whole,
    written,
)
from sakark_api.deponering.sekvens import ARKIVSKAPER, name_of_correspondent
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.deponering.xmlfil import XmlFile
from sakark_api.noark.arkivstruktur.arkivskaper import arkivskaper
from sakark_api.noark.arkivstruktur.klasse import klasse
from sakark_api.noark.arkivstruktur.korrespondansepart import korrespondansepart
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.model import Base
from sakark_api.noark.resource import Resource
from sakark_api.noark.rules.skjerming import MASK
from sakark_api.noark.sakarkiv.avskrivning import avskrivning
from sakark_api.noark.tilgangsstyring.sperring import sperring
from sakark_api.rest.screening import Screen
from sakark_api.rest.tenant import same_kommune

__all__ = ["JOURNALS", "Journalhode", "journalhode", "write_journal"]


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
    namespace = f"http://www.arkivverket.no/standarder/noark5/{name}"
    file.write(
        f'<{name} xmlns="{namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f' xsi:schemaLocation="{namespace} {name}.xsd"><journalhode>'
        f"<journalStartDato>{head.first}</journalStartDato>"
        f"<journalSluttDato>{head.last}</journalSluttDato>"
        f"<antallJournalposter>{head.count}</antallJournalposter>"
        f"{head.arkivskapere}</journalhode>"
    )
    rows = rows_of(registrering)
    ids = select(rows.c.system_id, rows.c.journalaar, rows.c.journalsekvensnummer)
    order = ["journalaar", "journalsekvensnummer"]
    entries = in_order(registrering, ids.where(*_entries(utvalg, rows)), order, JOURNALS[name])
    async for (xml,) in taken.rows(entries):
        file.write(xml)
    file.write(f"\n</{name}>\n")


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


def _loepende(rows: FromClause) -> Xml:
    """Write an entry as those see it who see everything."""
    return _entry(
        rows,
        elements("klasseID! tittel!"),
        elements(
            "mappeID saksaar! sakssekvensnummer! tittel! offentligTittel administrativEnhet"
            " saksansvarlig"
        ),
        elements(
            "systemID! registreringsID journalaar! journalsekvensnummer! journalpostnummer! tittel!"
            " offentligTittel offentlighetsvurdertDato journaldato! dokumentetsDato antallVedlegg",
            *_written_off("avskrivningsdato avskrivningsmaate"),
            "journalenhet",
            *_written_off("referanseAvskrivesAvJournalpost"),
            *GROUNDS,
            _correspondents(_own_name),
        ),
        _primary,
    )


def _offentlig(rows: FromClause) -> Xml:
    """Write an entry as everybody may see it; a hidden one has no klasse."""
    return _entry(
        rows,
        elements(_shown(klasse, "klasse_id", "klasseID"), _shown(klasse, "tittel", "tittel")),
        elements(
            "mappeID saksaar! sakssekvensnummer!",
            _public_title(mappe),
            _masked("administrativEnhet"),
            _masked("saksansvarlig"),
            *GROUNDS[::2],
        ),
        elements(
            "systemID! registreringsID journalaar! journalsekvensnummer! journalpostnummer!",
            _public_title(registrering),
            "journaldato!",
            *_unless_hidden(
                Element("dokumentetsDato"),
                *_written_off("avskrivningsdato avskrivningsmaate referanseAvskrivesAvJournalpost"),
            ),
            *GROUNDS,
            _correspondents(_public_name),
        ),
        lambda filed, entry: and_(_primary(filed, entry), not_(_is_hidden(entry))),
    )


JOURNALS: Final = {"loependeJournal": _loepende, "offentligJournal": _offentlig}
"""The journals by their names, and how each writes an entry."""


def _entry(
    rows: FromClause,
    of_klasse: Elements,
    of_mappe: Elements,
    of_entry: Elements,
    is_filed: Tie,
) -> Xml:
    parts = (
        Parts("klasse", klasse, is_filed, of_klasse, ("system_id",)),
        Parts(
            "saksmappe",
            mappe,
            lambda above, entry: above.c.system_id == entry.c.mappe_ref,
            of_mappe,
            ("system_id",),
        ),
    )
    return whole(
        [
            markup("\n<journalregistrering>"),
            *written(parts, registrering, rows),
            tagged("journalpost", whole(written(of_entry, registrering, rows))),
            markup("</journalregistrering>"),
        ]
    )


def _primary(rows: FromClause, entry: FromClause) -> ColumnElement[bool]:
    """Say that a klasse is the one that an entry's case, or one that it is in, hangs on."""
    above = rows_of(mappe)
    hangs_on = (
        select(above.c.klasse_ref)
        .where(
            same_kommune(above),
            above.c.system_id == func.any(entry.c.omfang),
            above.c.klasse_ref.is_not(None),
        )
        .limit(1)
        .correlate_except(above)
        .scalar_subquery()
    )
    return rows.c.system_id == hangs_on


def _written_off(names: str) -> list[Element]:
    """Give elements of how an entry was first written off."""
    return [Element(name, made=_of_first_avskrivning) for name in names.split()]


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


def _correspondents(made: Made) -> Parts:
    """Give the correspondents of an entry, each by its role and a name."""
    return Parts(
        "korrespondansepart",
        korrespondansepart,
        at_column("registrering_ref"),
        elements(
            "korrespondanseparttype!", Element("korrespondansepartNavn", needed=True, made=made)
        ),
        ("system_id",),
    )


def _own_name(rows: FromClause, name: str) -> Xml:
    return tagged(name, escaped(name_of_correspondent(rows)))


def _public_name(rows: FromClause, name: str) -> Xml:
    entry = rows_of(registrering)
    hidden = exists().where(
        same_kommune(entry), entry.c.system_id == rows.c.registrering_ref, _is_hidden(entry)
    )
    shown = func.coalesce(
        _screen(korrespondansepart).shown("navn", rows),
        rows.c.saksbehandler,
        rows.c.administrativ_enhet,
    )
    masked = case((hidden.correlate_except(entry), markup(MASK)), else_=shown)
    return tagged(name, escaped(masked))


def _public_title(resource: Resource[Any]) -> Element:
    """Give the title that is public: the one made for it, or what the screening leaves.

    The one made for it says too much of what is hidden: it was made before that was decided.
    """

    def made(rows: FromClause, name: str) -> Xml:
        shown = func.coalesce(rows.c.offentlig_tittel, _screen(resource).shown("tittel", rows))
        return tagged(name, escaped(case((_is_hidden(rows), markup(MASK)), else_=shown)))

    return Element("offentligTittel", made=made)


def _masked(name: str) -> Element:
    """Give an element of a case, with asterisks in it where the case is hidden."""

    def made(rows: FromClause, name: str) -> Xml:
        (shown,) = written([Element(name)], mappe, rows)
        return case((_is_hidden(rows), tagged(name, markup(MASK))), else_=shown)

    return Element(name, made=made)


def _unless_hidden(*listed: Element) -> list[Element]:
    """Give elements of an entry that cannot hold asterisks: a hidden entry is without them."""
    return [Element(one.name, made=partial(_if_open, one)) for one in listed]


def _if_open(one: Element, rows: FromClause, _name: str) -> Xml:
    (shown,) = written([one], registrering, rows)
    return case((_is_hidden(rows), null()), else_=shown)


def _shown(resource: Resource[Any], column: str, name: str) -> Element:
    """Give an element as it is shown to those who are cleared for nothing."""

    def made(rows: FromClause, name: str) -> Xml:
        shown = _screen(resource).shown(column, rows)
        masked = case((rows.c.gradert.is_not(None), markup(MASK)), else_=shown)
        return tagged(name, escaped(masked))

    return Element(name, needed=True, made=made)


def _is_hidden(rows: FromClause) -> ColumnElement[bool]:
    """Say that a unit is graded, or blocked itself or by what it is in."""
    block = rows_of(sperring)
    blocked = exists().where(
        same_kommune(block),
        or_(
            block.c.registrering_ref == rows.c.system_id,
            block.c.mappe_ref == func.any(rows.c.omfang),
        ),
        and_(
            func.coalesce(block.c.gyldig_fra <= func.now(), True),
            func.coalesce(block.c.gyldig_til > func.now(), True),
        ),
    )
    return or_(rows.c.gradert.is_not(None), blocked.correlate_except(block))


@cache
def _screen(resource: Resource[Any]) -> Screen:
    kinds = CATALOG.family(resource)
    return Screen(resource, {one.name: one for kind in kinds for one in kind.attributes})

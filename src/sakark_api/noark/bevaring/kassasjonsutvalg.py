"""What is due in an arkivdel: the documents of a list, and why some are left out."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Select, and_, func, insert, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from sakark_api.noark.arkivstruktur.arkivdel import Arkivdel
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import Dokumentbeskrivelse, attachments
from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt
from sakark_api.noark.arkivstruktur.klasse import Klasse
from sakark_api.noark.arkivstruktur.mappe import Mappe
from sakark_api.noark.arkivstruktur.registrering import Registrering
from sakark_api.noark.bevaring.kassasjonsbevis import Utelatt
from sakark_api.noark.bevaring.kassasjonsgrunn import Grunn, Moment, has_files, reason
from sakark_api.noark.bevaring.kassasjonslinje import Kassasjonslinje
from sakark_api.noark.bevaring.kassasjonsliste import Kassasjonsliste, Listestatus, proceed
from sakark_api.noark.logging.endringslogg import log_changed
from sakark_api.noark.model import TenantRow
from sakark_api.noark.resource import Change
from sakark_api.noark.rules.kassasjon import decides_the_same
from sakark_api.noark.verdier import Kassasjon

__all__ = ["fill", "left_out", "size_of_files"]

PAGE: Final = 1000
BEFORE_ALL: Final = UUID(int=0)


def fill(change: Change, unit: Kassasjonsliste) -> None:
    """Find what is due, once: a list that is filled already stays as it is."""
    if unit.status != Listestatus.LAGES:
        return
    moment = Moment(unit.til_dato, unit.kassasjonsvedtak.kode, change.now)
    counts, files, size = Counter[str | None](), 0, 0
    for lines in _pages(change, unit, moment):
        change.session.execute(insert(Kassasjonslinje), lines)
        counts.update(line["utelatt"] for line in lines)
        files += sum(line["antall_filer"] for line in lines if line["utelatt"] is None)
        size += sum(line["antall_byte"] for line in lines if line["utelatt"] is None)
    unit.antall_dokumenter = counts.pop(None, 0)
    unit.antall_filer, unit.antall_byte = files, size
    unit.utelatt = left_out(counts, change.maalform)
    proceed(unit, Listestatus.UTKAST)
    log_changed(change, unit)


def left_out(
    counts: Mapping[str, int] | Mapping[str | None, int], maalform: str
) -> tuple[Utelatt, ...] | None:
    """Tell how many are left out for each reason, the gravest first, in the kommune's language."""
    found = (
        Utelatt(grunn=grunn, antall=counts[grunn], melding=grunn.text.to(maalform))
        for grunn in Grunn
        if grunn in counts
    )
    return tuple(found) or None


Line = dict[str, Any]


def _pages(change: Change, unit: Kassasjonsliste, moment: Moment) -> Iterator[Sequence[Line]]:
    arkivdel = change.get(Arkivdel, unit.arkivdel_ref)
    assert arkivdel is not None  # noqa: S101  a foreign key says so
    after = BEFORE_ALL
    while rows := change.session.execute(_candidates(unit, moment, after)).all():
        after = rows[-1].dokument
        klasser = _klasser(change, rows)
        yield [_line(change, unit, row, [arkivdel, *klasser.get(row.post, ())]) for row in rows]


def _candidates(unit: Kassasjonsliste, moment: Moment, after: UUID) -> Select[Any]:
    """Select a page of the documents that are due, or in a registrering that is and undecided.

    Each comes once, with the first of its registreringer in the arkivdel.
    """
    entry, around = aliased(Registrering), aliased(Mappe)
    document = Dokumentbeskrivelse
    undecided = and_(document.kassasjon.is_(None), moment.is_due(entry))
    count, size = size_of_files()
    return (
        select(
            document.system_id.label("dokument"),
            document.kassasjon.label("kassasjon"),
            entry.system_id.label("post"),
            entry.kassasjon.label("postens"),
            entry.omfang.label("omfang"),
            around.system_id.label("mappe"),
            around.kassasjon.label("mappens"),
            count.label("filer"),
            size.label("byte"),
            reason(moment).label("utelatt"),
        )
        .select_from(document)
        .join(
            attachments,
            and_(
                attachments.c.tenant_id == document.tenant_id,
                attachments.c.dokumentbeskrivelse_ref == document.system_id,
            ),
        )
        .join(
            entry,
            and_(
                entry.tenant_id == attachments.c.tenant_id,
                entry.system_id == attachments.c.registrering_ref,
            ),
        )
        .outerjoin(
            around,
            and_(around.tenant_id == entry.tenant_id, around.system_id == entry.mappe_ref),
        )
        .where(
            entry.referanse_arkivdel == unit.arkivdel_ref,
            document.system_id > after,
            or_(document.utfoert_kassasjon.is_(None), has_files()),
            or_(moment.is_due(document), undecided),
        )
        .ext(distinct_on(document.system_id))
        .order_by(document.system_id, entry.system_id)
        .limit(PAGE)
    )


def size_of_files() -> tuple[Any, Any]:
    """Give how many files a dokumentbeskrivelse has in storage, and how many bytes they are."""
    kept = select(
        func.count().label("filer"), func.coalesce(func.sum(Dokumentobjekt.filstoerrelse), 0)
    ).where(
        Dokumentobjekt.dokumentbeskrivelse_ref == Dokumentbeskrivelse.system_id,
        Dokumentobjekt.lagringsnoekkel.is_not(None),
    )
    count, size = kept.selected_columns
    return (
        kept.with_only_columns(count).correlate(Dokumentbeskrivelse).scalar_subquery(),
        kept.with_only_columns(size).correlate(Dokumentbeskrivelse).scalar_subquery(),
    )


def _klasser(change: Change, rows: Sequence[Any]) -> Mapping[UUID, Sequence[Klasse]]:
    """Give the klasser that some registreringer are under."""
    ids = {one for row in rows for one in row.omfang or ()}
    found = {
        one.system_id: one
        for one in change.session.scalars(select(Klasse).where(Klasse.system_id.in_(ids)))
    }
    return {row.post: [found[one] for one in row.omfang or () if one in found] for row in rows}


def _line(
    change: Change,
    unit: Kassasjonsliste,
    row: Any,  # noqa: ANN401  a row
    above: Sequence[Arkivdel | Klasse],
) -> Line:
    kind, source = _origin(row, above)
    return {
        "tenant_id": unit.tenant_id,
        "system_id": uuid4(),
        "version": 1,
        "kassasjonsliste_ref": unit.system_id,
        "dokumentbeskrivelse_ref": row.dokument,
        "registrering_ref": row.post,
        "mappe_ref": row.mappe,
        "kassasjon": row.kassasjon,
        "arvet_fra": kind,
        "referanse_arvet_fra": source,
        "antall_filer": row.filer,
        "antall_byte": int(row.byte),
        "utelatt": row.utelatt,
        "utelatt_dato": change.now if row.utelatt else None,
    }


def _origin(row: Any, above: Sequence[TenantRow]) -> tuple[str | None, UUID | None]:  # noqa: ANN401  a row
    """Tell the outermost unit that decides the same: the arkivdel before the klasse (5.10.10)."""
    decision: Kassasjon | None = row.kassasjon
    if decision is None:
        return None, None
    places = [
        *((type(one).__name__.lower(), one.system_id, getattr(one, "kassasjon")) for one in above),  # noqa: B009
        ("mappe", row.mappe, row.mappens),
        ("registrering", row.post, row.postens),
    ]
    for kind, system_id, decided in places:
        if decided is not None and decides_the_same(decided, decision):
            return kind, system_id
    return "dokumentbeskrivelse", row.dokument

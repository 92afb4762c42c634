"""What becomes of what collides when two kommuner become one, table by table.

The rows of the one that ends wait in a temporary table, where the rules make them such that they
have a place among those of the other. What a unit was called before is kept on it, as a field of
the kommune's own, which is searched like others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Table,
    and_,
    case,
    cast,
    column,
    delete,
    exists,
    func,
    literal,
    select,
    table,
    type_coerce,
    update,
)
from sqlalchemy import Text as TextType
from sqlalchemy.dialects.postgresql import JSONB, array
from sqlalchemy.orm import Session
from sqlalchemy.types import Uuid

from sakark_api.errors import Conflict
from sakark_api.flytting.tabeller import columns_of
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.metadata.kodeliste import POSTNUMMER
from sakark_api.rest.code_use import places
from sakark_api.texts import text

__all__ = ["FIELD", "KOLLISJONER", "Kommuneside", "Sammen", "adapt"]

FIELD: Final = "vnd-sammenslaatt-v1:"
"""What the names of the fields begin with that say what a unit was called in its own kommune."""
KOLLISJONER: Final[Mapping[str, str]] = {
    "bruker": "Samme innloggingstjeneste, subject og navn er samme bruker.",
    "kode lik": "Samme kode med samme navn er samme kode.",
    "kode": "Koden fikk kommunenummeret foran.",
    "kodenavn": "Kodenavnet fikk kommunens navn bak.",
    "felt": "Eget felt med samme navn og type er samme felt.",
    "rett": "Retter til alle enheter gjelder slik de var i kommunen som består.",
    "enhet": "Enhetens navn fikk kommunens navn bak.",
    "mappeid": "MappeID fikk kommunenummeret foran.",
    "registreringsid": "RegistreringsID fikk kommunenummeret foran.",
    "journalnummer": "Journalposten fikk det neste ledige nummeret i året.",
}
"""What may collide, and the rule that solves it."""


@dataclass(frozen=True)
class Kommuneside:
    """One of the two kommuner."""

    id: int
    slug: str
    navn: str
    nummer: str


@dataclass
class Sammen:
    """Two that become one: what has been renamed so far, and what that has led to."""

    session: Session
    fra: Kommuneside
    til: Kommuneside
    brukere: dict[UUID, UUID] = field(default_factory=dict)
    koder: list[tuple[str, str, str]] = field(default_factory=list)
    endret: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """What collided, by kind: as it was called, and what it is called now."""
    egne_felt: set[str] = field(default_factory=set)

    def note(self, slag: str, fra: object, til: object) -> None:
        self.endret.setdefault(slag, []).append((str(fra), str(til)))

    def rows(self, statement: Any) -> list[Any]:  # noqa: ANN401  SQLAlchemy's
        return list(self.session.execute(statement).all())


def adapt(sammen: Sammen, one: Table, waiting: Table) -> None:
    """Let the rows that wait have a place among those of the kommune that goes on."""
    rule = _RULES.get(one.name)
    if rule is not None:
        rule(sammen, one, waiting)
    _point_to_users(sammen, waiting)
    _rename_codes(sammen, one, waiting)
    if "lagringsnoekkel" in waiting.c:
        key = waiting.c.lagringsnoekkel
        renamed = func.concat(f"{sammen.til.slug}/", func.substr(key, len(sammen.fra.slug) + 2))
        of_name = key.startswith(f"{sammen.fra.slug}/", autoescape=True)
        sammen.session.execute(update(waiting).where(of_name).values(lagringsnoekkel=renamed))


def _there(one: Table, sammen: Sammen) -> Any:  # noqa: ANN401  a subquery
    """Give the rows of the kommune that goes on."""
    rows = table(one.name, *map(column, columns_of(one)))
    return select(rows).where(rows.c.tenant_id == sammen.til.id).subquery("der")


def _merge_users(sammen: Sammen, one: Table, waiting: Table) -> None:
    there = _there(one, sammen)
    same = and_(
        *(there.c[name] == waiting.c[name] for name in ("issuer", "subject", "bruker_navn"))
    )
    found = sammen.rows(
        select(waiting.c.system_id, there.c.system_id, waiting.c.bruker_navn).where(same)
    )
    for old, new, name in found:
        sammen.brukere[old] = new
        sammen.note("bruker", f"{name} ({old})", new)
    _drop(sammen, waiting, list(sammen.brukere))


def _drop(sammen: Sammen, waiting: Table, ids: list[UUID]) -> None:
    gone = waiting.c.system_id == func.any(cast(ids, ARRAY(Uuid())))
    sammen.session.execute(delete(waiting).where(gone))


def _merge_codes(sammen: Sammen, one: Table, waiting: Table) -> None:
    there, here = _there(one, sammen), waiting.c
    of_list = there.c.liste == here.liste
    same_kode = and_(of_list, there.c.kode == here.kode)
    equal = and_(same_kode, (there.c.kodenavn == here.kodenavn) | (here.liste == POSTNUMMER.name))
    gone = delete(waiting).where(exists(select(literal(1)).select_from(there).where(equal)))
    count = sammen.session.execute(gone).rowcount  # type: ignore[attr-defined]  # of a delete
    if count:
        sammen.note("kode lik", count, count)
    for liste, kode in sammen.rows(select(here.liste, here.kode).where(same_kode)):
        new = f"{sammen.fra.nummer}-{kode}"
        mine = and_(here.liste == liste, here.kode == kode)
        sammen.session.execute(update(waiting).where(mine).values(kode=new))
        sammen.koder.append((liste, kode, new))
        sammen.note("kode", f"{liste} {kode}", new)
    taken = and_(of_list, there.c.kodenavn == here.kodenavn, here.liste != POSTNUMMER.name)
    for liste, kode, name in sammen.rows(select(here.liste, here.kode, here.kodenavn).where(taken)):
        new = f"{name} ({sammen.fra.navn})"
        mine = and_(here.liste == liste, here.kode == kode)
        sammen.session.execute(update(waiting).where(mine).values(kodenavn=new))
        sammen.note("kodenavn", f"{liste} {name}", new)


def _merge_fields(sammen: Sammen, one: Table, waiting: Table) -> None:
    there, here = _there(one, sammen), waiting.c
    same = there.c.navn == here.navn
    odd = sammen.rows(select(here.navn).where(same, there.c.type != here.type))
    if odd:
        raise Conflict(
            text(
                "Begge kommunene har feltet {felt}, men av ulik type. Gi det ett nytt navn først.",
                felt=odd[0][0],
            )
        )
    found = sammen.rows(select(here.system_id, here.navn).where(same))
    for _, name in found:
        sammen.note("felt", name, name)
    _drop(sammen, waiting, [system_id for system_id, _ in found])


def _leave_rights(sammen: Sammen, one: Table, waiting: Table) -> None:
    del one
    here = waiting.c
    found = sammen.rows(
        select(here.system_id, here.rolle).where(here.referanse_arkivenhet.is_(None))
    )
    for _, rolle in found:
        sammen.note("rett", rolle, rolle)
    _drop(sammen, waiting, [system_id for system_id, _ in found])


def _name_units(sammen: Sammen, one: Table, waiting: Table) -> None:
    there, here = _there(one, sammen), waiting.c
    same = there.c.administrativ_enhet_navn == here.administrativ_enhet_navn
    found = sammen.rows(select(here.system_id, here.administrativ_enhet_navn).where(same))
    for system_id, name in found:
        new = f"{name} ({sammen.fra.navn})"
        mine = here.system_id == system_id
        sammen.session.execute(update(waiting).where(mine).values(administrativ_enhet_navn=new))
        sammen.note("enhet", name, new)


def _name_cases(sammen: Sammen, one: Table, waiting: Table) -> None:
    _put_number_in_front(sammen, one, waiting, "mappe_id", "mappeid")


def _name_entries(sammen: Sammen, one: Table, waiting: Table) -> None:
    _put_number_in_front(sammen, one, waiting, "registrerings_id", "registreringsid")
    _number_entries(sammen, one, waiting)


def _put_number_in_front(sammen: Sammen, one: Table, waiting: Table, name: str, slag: str) -> None:
    """Put the kommunenummer in front of names that the other kommune has too, and keep the old."""
    there, here = _there(one, sammen), waiting.c
    taken = exists(select(literal(1)).select_from(there).where(there.c[name] == here[name]))
    new = func.concat(f"{sammen.fra.nummer}-", here[name])
    for old, called in sammen.rows(select(here[name], new).where(taken).order_by(here[name])):
        sammen.note(slag, old, called)
    if slag not in sammen.endret:
        return
    kept = _with_field(sammen, waiting, slag, here[name])
    sammen.session.execute(update(waiting).where(taken).values({name: new, _OWN: kept}))


_OWN: Final = "virksomhetsspesifikke_metadata"


def _with_field(
    sammen: Sammen, waiting: Table, slag: str, value: ColumnElement[Any]
) -> ColumnElement[Any]:
    """Give a unit's own fields with what it was called, and in which kommune."""
    sammen.egne_felt |= {f"{FIELD}{slag}", f"{FIELD}kommunenummer"}
    own = func.coalesce(type_coerce(waiting.c[_OWN], JSONB), cast(literal("{}", TextType()), JSONB))
    said = func.jsonb_build_object(
        f"{FIELD}{slag}", cast(value, TextType), f"{FIELD}kommunenummer", sammen.fra.nummer
    )
    return own.op("||")(said)


def _number_entries(sammen: Sammen, one: Table, waiting: Table) -> None:
    """Give entries whose number in the journal is taken the next that neither kommune has used."""
    there, here = _there(one, sammen), waiting.c
    aar, nummer = "journalaar", "journalsekvensnummer"
    taken = exists(
        select(literal(1))
        .select_from(there)
        .where(there.c[aar] == here[aar], there.c[nummer] == here[nummer])
    )
    highest = func.greatest(
        select(func.max(there.c[nummer])).where(there.c[aar] == here[aar]).scalar_subquery(),
        _highest(waiting, here[aar]),
        _given(sammen, here[aar]),
    )
    place = func.row_number().over(partition_by=here[aar], order_by=here[nummer])
    new = select(
        here.system_id,
        func.concat(here[aar], "/", here[nummer]).label("het"),
        (highest + place).label("nytt"),
        func.concat(here[aar], "/", highest + place).label("heter"),
    ).where(taken)
    found = new.subquery("nye")
    for old, called in sammen.rows(select(found.c.het, found.c.heter).order_by(found.c.heter)):
        sammen.note("journalnummer", old, called)
    if "journalnummer" not in sammen.endret:
        return
    kept = _with_field(sammen, waiting, "journalnummer", found.c.het)
    sammen.session.execute(
        update(waiting)
        .where(waiting.c.system_id == found.c.system_id)
        .values({nummer: found.c.nytt, _OWN: kept})
    )


def _highest(waiting: Table, aar: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give the highest number of a year among those that wait."""
    other = waiting.alias("andre")
    return (
        select(func.max(other.c.journalsekvensnummer))
        .where(other.c.journalaar == aar)
        .scalar_subquery()
    )


def _given(sammen: Sammen, aar: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give the last number that the kommune that goes on has given in a year."""
    teller = table("teller", column("tenant_id"), column("serie"), column("verdi"))
    serie = func.concat("journal/", aar)
    return (
        select(teller.c.verdi)
        .where(teller.c.tenant_id == sammen.til.id, teller.c.serie == serie)
        .scalar_subquery()
    )


def _point_to_users(sammen: Sammen, waiting: Table) -> None:
    """Let what names a bruker who is one with another name that one."""
    for each in waiting.c:
        for old, new in sammen.brukere.items():
            if isinstance(each.type, Uuid):
                changed: Any = (each == old, new)
            elif isinstance(each.type, ARRAY) and isinstance(each.type.item_type, Uuid):
                number = cast(old, Uuid())
                changed = (
                    number == func.any(each),
                    func.array_replace(each, number, cast(new, Uuid())),
                )
            else:
                continue
            sammen.session.execute(
                update(waiting).where(changed[0]).values({each.name: changed[1]})
            )


def _rename_codes(sammen: Sammen, one: Table, waiting: Table) -> None:
    """Let units say the codes that were renamed by their new names."""
    for liste, old, new in sammen.koder:
        for held_in, use in places(CATALOG, liste):
            if held_in.name != one.name:
                continue
            name = held_in.c[use.attribute.name].name
            held: Any = type_coerce(waiting.c[name], JSONB)
            holds = held.contains(use.pattern(old))
            if use.attribute.many or use.field_is_many:
                _refuse_used(sammen, waiting, holds, liste, old)
                continue
            path = array([*([use.field] if use.field else []), "kode"])
            renamed = case(
                (holds, func.jsonb_set(held, path, func.to_jsonb(cast(new, TextType)))), else_=held
            )
            sammen.session.execute(update(waiting).where(holds).values({name: renamed}))


def _refuse_used(
    sammen: Sammen, waiting: Table, holds: ColumnElement[bool], liste: str, kode: str
) -> None:
    if sammen.rows(select(literal(1)).select_from(waiting).where(holds).limit(1)):
        raise Conflict(
            text(
                "Koden {kode} i {liste} betyr noe annet i den andre kommunen, og er brukt sammen"
                " med andre. Bytt den i enhetene først.",
                kode=kode,
                liste=liste,
            )
        )


_Rule = Callable[[Sammen, Table, Table], None]
_RULES: Final[Mapping[str, _Rule]] = {
    "bruker": _merge_users,
    "kodeverdi": _merge_codes,
    "virksomhetsspesifikkemetadata": _merge_fields,
    "tilgang": _leave_rights,
    "administrativenhet": _name_units,
    "mappe": _name_cases,
    "registrering": _name_entries,
}

"""What cannot be cut when arkivdeler go to another kommune: all of it is told at once.

What refers to what follows from the keys of the tables; a new one is seen here by itself.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy import Text as TextType
from sqlalchemy.types import Uuid

from sakark_api.errors import SHOWN, Blocked, Obstacle, Standing
from sakark_api.flytting.andel import Andel
from sakark_api.flytting.delplan import PLAN, Slag
from sakark_api.flytting.lister import FLYTTES, KOPIERES, Lister, is_in
from sakark_api.flytting.tabeller import references, taken
from sakark_api.noark.bevaring.kassasjonsliste import Listestatus
from sakark_api.tenancy.uttrekk import UNDER_WAY
from sakark_api.texts import Text, text

__all__ = ["refuse_cuts"]

Says = Callable[[object], Text]

_SAID: Final[Mapping[str, Says]] = {
    "arkivdel": lambda names: text(
        "Arkivdeler er forløper eller arvtaker for hverandre på hver sin side: {enheter}.",
        enheter=names,
    ),
    "avskrivning": lambda names: text(
        "Journalposter er avskrevet av en journalpost på den andre siden: {enheter}.",
        enheter=names,
    ),
    "kryssreferanse": lambda names: text(
        "Kryssreferanser går på tvers: {enheter}. Slett dem, eller flytt begge.", enheter=names
    ),
    "mappe": lambda names: text(
        "Mapper viser til en mappe eller et møte på den andre siden: {enheter}.", enheter=names
    ),
    "mappe_presedens": lambda names: text(
        "Presedenser gjelder mapper på begge sider: {enheter}.", enheter=names
    ),
    "registrering": lambda names: text(
        "Registreringer hører til arkivdeler eller møter på begge sider: {enheter}.",
        enheter=names,
    ),
    "registrering_dokumentbeskrivelse": lambda names: text(
        "Dokumenter er knyttet til registreringer på begge sider: {enheter}.", enheter=names
    ),
    "registrering_presedens": lambda names: text(
        "Presedenser gjelder registreringer på begge sider: {enheter}.", enheter=names
    ),
}
_CALLED: Final = {
    "arkivdel": "tittel",
    "klasse": "klasse_id",
    "mappe": "mappe_id",
    "registrering": "registrerings_id",
}
"""What units are called by that no screening hides."""
_LOOSE: Final[Mapping[str, tuple[str, ...]]] = {
    "mappe": ("referanse_forrige_moete", "referanse_neste_moete"),
    "registrering": ("referanse_til_moeteregistrering", "referanse_fra_moeteregistrering"),
}
"""Columns that refer to units of their own table, and are no keys."""


def refuse_cuts(lister: Lister, andel: Andel, arkivdeler: Collection[UUID], now: datetime) -> None:
    """Raise `Blocked` with every reason why the arkivdeler cannot be taken out of the kommune."""
    found = [
        *_across(lister, andel),
        *_under_way(lister, arkivdeler),
        *_held(lister, now),
    ]
    if found:
        raise Blocked(found, text("Arkivdelene kan ikke skilles ut."))


def _across(lister: Lister, andel: Andel) -> Iterator[Obstacle]:
    """Find the rows that refer from one side to the other."""
    for one in taken():
        if PLAN[one.name].slag is Slag.BLIR:
            continue
        rows = lister.rows(one.name)
        leaves = andel.leaves(one, rows)
        referring = [*_keys(one, rows, leaves), *_loose(lister, one, rows, leaves)]
        if referring:
            found = select(*_naming(lister, one, rows)).where(or_(*referring))
            yield from _obstacle(lister, found, _SAID.get(one.name) or _odd(one.name))


def _odd(tabell: str) -> Says:
    return lambda names: text(
        "{tabell} viser fra den ene siden til den andre: {enheter}.", tabell=tabell, enheter=names
    )


def _keys(
    one: Table, rows: FromClause, leaves: ColumnElement[bool]
) -> Iterator[ColumnElement[bool]]:
    for named in references(one):
        held = rows.c[named]
        there = is_in(held, FLYTTES)
        known = is_in(held, FLYTTES, KOPIERES)
        yield or_(and_(~leaves, there), and_(leaves, held.is_not(None), ~known))


def _loose(
    lister: Lister, one: Table, rows: FromClause, leaves: ColumnElement[bool]
) -> Iterator[ColumnElement[bool]]:
    for name in _LOOSE.get(one.name, ()):
        held: Any = rows.c[name]
        listed = isinstance(held.type, ARRAY)
        if listed:
            held = func.unnest(held).column_valued("holdt", joins_implicitly=True)
        there = is_in(held, FLYTTES)
        units = lister.rows(one.name)
        known = exists().where(units.c.system_id == held).correlate_except(units)
        stays = and_(known, ~there)
        if listed:
            there, stays = (exists(select(held).where(each)) for each in (there, stays))
        yield or_(and_(~leaves, there), and_(leaves, stays))


def _naming(lister: Lister, one: Table, rows: FromClause) -> list[ColumnElement[Any]]:
    """Give which unit a row is of: its kind, its systemID and what it is called."""
    named = _owners(one, rows)
    kinds = case(*((held.is_not(None), literal(kind, TextType())) for kind, held in named))
    ids = func.coalesce(*(held for _, held in named), type_=Uuid())
    names = func.coalesce(*(_name(lister, kind, held) for kind, held in named), cast(ids, TextType))
    return [kinds.label("slag"), ids.label("enhet"), names.label("navn")]


def _owners(one: Table, rows: FromClause) -> list[tuple[str, ColumnElement[Any]]]:
    """List what a row is of: itself where it has a name, else what its columns name."""
    if one.name in _CALLED:
        return [(one.name, rows.c.system_id)]
    columns = references(one)
    eiere = PLAN[one.name].eiere
    named = [each for each in sorted(columns) if each in eiere or not eiere]
    return [(columns[each], rows.c[each]) for each in named]


def _name(lister: Lister, kind: str, held: ColumnElement[Any]) -> ColumnElement[Any]:
    if kind not in _CALLED:
        return cast(held, TextType)
    units = lister.rows(kind)
    called = select(units.c[_CALLED[kind]]).where(units.c.system_id == held)
    return called.correlate_except(units).scalar_subquery()


def _obstacle(lister: Lister, found: Select[Any], says: Says) -> Iterator[Obstacle]:
    """Make one of what a statement finds: kind, systemID and name of each unit."""
    units = found.distinct().subquery("enheter")
    counted = select(units, func.count().over().label("antall"))
    rows = lister.all(counted.order_by(units.c.navn).limit(SHOWN))
    if rows:
        named = [Standing(row.slag, row.enhet, row.navn) for row in rows]
        yield Obstacle(says, named, rows[0].antall)


def _under_way(lister: Lister, arkivdeler: Collection[UUID]) -> Iterator[Obstacle]:
    """Find what is being done to the arkivdeler, and must be ended first."""
    lists, parts = lister.rows("kassasjonsliste"), lister.rows("arkivdel")
    orders, imports = lister.rows("uttrekk"), lister.rows("innlesing")
    ended = (Listestatus.AVSLAATT, Listestatus.UTFOERT)
    yield from _obstacle(
        lister,
        _of("arkivdel", parts.c.system_id, parts.c.tittel)
        .join(lists, lists.c.arkivdel_ref == parts.c.system_id)
        .where(
            is_in(lists.c.system_id, FLYTTES),
            lists.c.status.not_in([str(one) for one in ended]),
        ),
        lambda names: text(
            "Kassasjonslister er ikke avsluttet i {enheter}. Avslutt eller slett dem.",
            enheter=names,
        ),
    )
    wanted = cast(literal(list(arkivdeler), ARRAY(Uuid())), ARRAY(Uuid()))
    yield from _obstacle(
        lister,
        _of("uttrekk", orders.c.id, orders.c.id).where(
            orders.c.tilstand.in_([str(one) for one in UNDER_WAY]),
            orders.c.arkivdeler.op("&&")(wanted),
        ),
        lambda names: text("Uttrekk er bestilt eller i gang: {enheter}.", enheter=names),
    )
    yield from _obstacle(
        lister,
        _of("innlesing", imports.c.id, imports.c.mappe).where(imports.c.ferdig.is_(None)),
        lambda names: text("Innlesinger er ikke ferdige: {enheter}.", enheter=names),
    )


def _of(kind: str, unit: Any, name: Any) -> Select[Any]:  # noqa: ANN401  SQLAlchemy's
    return select(
        literal(kind, TextType()).label("slag"),
        unit.label("enhet"),
        cast(name, TextType).label("navn"),
    )


def _held(lister: Lister, now: datetime) -> Iterator[Obstacle]:
    """Find the orders to keep what is on a klasse that both kommuner will have."""
    holds, klasser = lister.rows("bevaringspaalegg"), lister.rows("klasse")
    inside = union_all(
        *(
            select(func.unnest(units.c.omfang).label("i")).where(is_in(units.c.system_id, FLYTTES))
            for units in (lister.rows("mappe"), lister.rows("registrering"))
        )
    ).subquery("inni")
    yield from _obstacle(
        lister,
        _of("klasse", klasser.c.system_id, klasser.c.klasse_id)
        .join(holds, holds.c.klasse_ref == klasser.c.system_id)
        .where(
            or_(holds.c.gyldig_til.is_(None), holds.c.gyldig_til > now),
            is_in(klasser.c.system_id, KOPIERES),
            klasser.c.system_id.in_(select(inside.c.i)),
        ),
        lambda names: text(
            "Bevaringspålegg på klasser gjelder enheter på begge sider: {enheter}. Gi pålegget på"
            " mappene i stedet.",
            enheter=names,
        ),
    )

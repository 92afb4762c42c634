"""Where a search looks: each source gives its hits as rows of the same columns, seen by the caller.

Of what an index finds the newest are looked at, and of those that the caller sees the newest are
kept. A row that is screened from the caller in any of its words is not found by them, and a file
that the caller may not open is not found at all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    FromClause,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    column,
    extract,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
)

from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import attachments, dokumentbeskrivelse
from sakark_api.noark.arkivstruktur.dokumentobjekt import dokumentobjekt
from sakark_api.noark.arkivstruktur.dokumenttekst import Dokumenttekst, Tekstomfang
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.model import has_kinds, table_of
from sakark_api.noark.resource import Resource
from sakark_api.rest.family import Family, same_kommune
from sakark_api.rest.queries import Queries
from sakark_api.rest.screening import is_screened

__all__ = ["KEPT", "KINDS", "LOOKED_AT", "SAID", "Source", "Sources"]

LOOKED_AT: Final = 2000
"""How many of the newest of each source are looked at, to find those that the caller sees."""
_LOOKED_AT_BY_WHOLE: Final = 500
"""As many for callers who see nearly all, and do not narrow what they search for."""
_FIRST, _FIRST_OF_ALL = 750, 150
"""How many are looked at first, by those who see some and those who see nearly all: most often that
is enough, and to find the others costs as much as all else."""
KEPT: Final = 100
"""How many of each source are kept, counted and paged through."""
KINDS: Final = (mappe, registrering, dokumentbeskrivelse)
"""What hits are of, with the kinds that each has."""
SAID: Final = table_of(Dokumenttekst)
"""What the files say."""
_WORDS: Final = "sok"
_NARROWING: Final = ("type", "enhet", "status")
"""The facets, but for the year, that hits may have to have one value of."""
_WITHIN: Final = table_of(Tekstomfang)
_NOTHING: ColumnElement[Any] = cast(null(), Text())


@dataclass(frozen=True)
class Source:
    """One table of words: the hits that are kept of it."""

    kept: CTE

    @property
    def has_more(self) -> ColumnElement[bool]:
        """Say that there may be more hits than those kept, by no other rows than those."""
        return _count(self.kept) >= literal_column(str(KEPT))


class Sources:
    """The sources of one search: for one kind of caller, and with what it looks for.

    `most` hits of each are kept; with `narrow` only those of the facets' values that are given.
    """

    def __init__(
        self,
        queries: Queries,
        words: ColumnElement[Any],
        most: int = KEPT,
        *,
        narrow: bool = True,
    ) -> None:
        self._families = queries.families
        self._reaching = queries.reaching
        self._words = words
        self._most = most
        self._narrow = narrow

    def own_words(self) -> Sequence[Source]:
        """Look in what mapper, registreringer and documents are called and described as."""
        return [self._own_words(one) for one in KINDS]

    def files(self) -> Source:
        """Look in what the files of documents say."""
        family, file = self._family(dokumentbeskrivelse), self._family(dokumentobjekt)
        rows, filed = family.table.alias("document"), file.table.alias("filed")
        key = file.file_key(filed)
        assert key is not None  # noqa: S101  dokumentobjekter have files
        hit = (
            self._hit(family, rows, filed.c.opprettet_dato, filed.c.system_id)
            .select_from(filed.join(rows, rows.c.system_id == filed.c.dokumentbeskrivelse_ref))
            .where(same_kommune(filed), key.is_not(None))
        )
        return self._kept(hit, filed, SAID.name, self._perhaps_seen)

    def _own_words(self, resource: Resource[Any]) -> Source:
        family = self._family(resource)
        rows = family.table.alias("unit")
        has_words = family.column(_WORDS, rows).is_not(None)
        hit = self._hit(family, rows, rows.c.opprettet_dato, None).where(has_words)
        return self._kept(hit, rows, family.table.name)

    def _perhaps_seen(self, found: CTE) -> Select[Any]:
        """Pass by the files that the caller does not reach: most of them, for who sees little.

        They are looked up all at once, which takes half of what it takes to look up each.
        """
        if self._reaching.whole:
            return select(found)
        looked_up = func.array(select(found.c.system_id).scalar_subquery())
        within = and_(
            same_kommune(_WITHIN),
            _WITHIN.c.system_id == found.c.system_id,
            _WITHIN.c.system_id == func.any(looked_up),
        )
        is_all = self._reaching.is_all(dokumentbeskrivelse.category or "")
        return (
            select(found)
            .select_from(found.outerjoin(_WITHIN, within))
            .where(or_(is_all, self._reaching.meets(_WITHIN.c.ids)))
        )

    def _family(self, resource: Resource[Any]) -> Family:
        return self._families[resource.root.name]

    def _kept(
        self,
        hit: Select[Any],
        rows: FromClause,
        table: str,
        perhaps: Callable[[CTE], Select[Any]] = select,
    ) -> Source:
        """Keep the first hits among the newest: of a few of those, and if need be of them all."""
        first: ColumnElement[int] = self._first()
        most: ColumnElement[int] = literal_column(str(self._most))
        newest = self._find(table, first, "first")
        some = self._seen(hit, rows, perhaps(newest), most, f"kept_first_{table}")
        left = most - _count(some)
        more = and_(_count(newest) >= first, left > literal_column("0"))
        every = self._find(table, self._looked_at(), "later", more, first)
        others = self._seen(hit, rows, perhaps(every), left, f"kept_later_{table}")
        return Source(union_all(select(some), select(others)).cte(f"kept_{table}"))

    def _find(
        self,
        table: str,
        most: ColumnElement[int],
        name: str,
        wanted: ColumnElement[bool] | None = None,
        after: ColumnElement[int] | None = None,
    ) -> CTE:
        """Look words up by a function that may use the index; the newest come first.

        Nothing is looked up unless it is `wanted`, and what is not `after` a place is left out.
        """
        newest = func.sakark_find_newest(
            literal_column(f"'{table}'"),
            self._words,
            *(bindparam(one, type_=DateTime(timezone=True)) for one in ("since", "until")),
            most,
        )
        rows = newest.table_valued(
            column("system_id", Uuid()), with_ordinality="place", name=f"newest_{table}"
        ).render_derived()
        found = select(rows.c.system_id, rows.c.place).order_by(rows.c.place)
        if wanted is not None:
            found = found.where(wanted, rows.c.place > after)
        return found.cte(f"{name}_{table}")

    def _first(self) -> ColumnElement[int]:
        few: ColumnElement[int] = literal_column(str(_FIRST_OF_ALL))
        is_all = self._reaching.is_all(dokumentbeskrivelse.category or "")
        if self._reaching.whole:
            return few
        return case((is_all, few), else_=literal_column(str(_FIRST)))

    def _looked_at(self) -> ColumnElement[int]:
        most: ColumnElement[int] = literal_column(str(LOOKED_AT))
        if not self._reaching.whole:
            return most
        few: ColumnElement[int] = literal_column(str(_LOOKED_AT_BY_WHOLE))
        if not self._narrow:
            return few
        asked = (bindparam(name, type_=Text()) for name in _NARROWING)
        return case((or_(*(one.is_not(None) for one in asked)), most), else_=few)

    def _seen(
        self,
        hit: Select[Any],
        rows: FromClause,
        found: Select[Any],
        most: ColumnElement[int],
        name: str,
    ) -> CTE:
        """Give the first that are seen: each is fetched by its key, in the order that it was found.

        So no more are looked at than are kept. Left to itself PostgreSQL may fetch all there are:
        it does not know how few are found, nor what it takes to tell if one is seen.
        """
        newest = found.order_by(found.selected_columns.place).subquery()
        each = (
            hit.where(rows.c.system_id == newest.c.system_id)
            .offset(literal_column("0"))
            .lateral("hit")
        )
        narrowed = self._narrowed_to(each) if self._narrow else ()
        seen = (
            select(each, newest.c.place)
            .select_from(newest.join(each, true()))
            .where(*narrowed)
            .order_by(newest.c.place)
            .limit(most)
        )
        return seen.cte(name).prefix_with("MATERIALIZED")

    def _narrowed_to(self, hits: FromClause) -> list[ColumnElement[bool]]:
        """Say that a hit is one that the search is narrowed to."""
        asked = {name: bindparam(name, type_=Text()) for name in _NARROWING}
        return [or_(given.is_(None), hits.c[name] == given) for name, given in asked.items()]

    def _hit(
        self,
        family: Family,
        rows: FromClause,
        dato: ColumnElement[Any],
        file: ColumnElement[Any] | None,
    ) -> Select[Any]:
        own = func.ts_rank(rows.c[_WORDS], self._words) + literal_column("1")
        return select(
            _type_of(family, rows).label("type"),
            rows.c.system_id.label("system_id"),
            (cast(null(), Uuid()) if file is None else file).label("objekt"),
            dato.label("dato"),
            cast(extract("year", dato), Text()).label("aar"),
            _identifier(rows).label("identifikator"),
            family.shown("tittel", rows).label("tittel"),
            _status(rows).label("status"),
            _status_name(rows).label("statusnavn"),
            self._enhet(family, rows).label("enhet"),
            is_screened(family.root, rows).label("skjermet"),
            # Those of files are ranked when it is known which are the newest.
            (literal_column("0") if file is not None else own).label("rang"),
        ).where(*family.of_kind(family.root, rows))

    def _enhet(self, family: Family, rows: FromClause) -> ColumnElement[Any]:
        """Give the administrative unit of the case that a row is, or is in, if that is seen."""
        if family.root is mappe:
            held: ColumnElement[Any] = rows.c.administrativ_enhet
            return held
        cases = self._family(mappe)
        case = cases.table.alias("of_case")
        above = select(case.c.administrativ_enhet).where(*cases.of_kind(mappe, case))
        if family.root is registrering:
            return above.where(case.c.system_id == rows.c.mappe_ref).scalar_subquery()
        entries = self._family(registrering)
        entry = entries.table.alias("of_entry")
        return (
            above.where(
                same_kommune(attachments),
                attachments.c.dokumentbeskrivelse_ref == rows.c.system_id,
                attachments.c.registrering_ref == entry.c.system_id,
                *entries.of_kind(registrering, entry),
                case.c.system_id == entry.c.mappe_ref,
            )
            .order_by(case.c.opprettet_dato)
            .limit(literal_column("1"))
            .scalar_subquery()
        )


def _type_of(family: Family, rows: FromClause) -> ColumnElement[Any]:
    if has_kinds(family.table):
        held: ColumnElement[Any] = rows.c.type
        return held
    return literal_column(f"'{family.root.name}'", Text())


def _identifier(rows: FromClause) -> ColumnElement[Any]:
    names = [name for name in ("mappe_id", "registrerings_id") if name in rows.c]
    return rows.c[names[0]] if names else _NOTHING


_STATUSES: Final = ("saksstatus", "journalstatus", "dokumentstatus")


def _status(rows: FromClause) -> ColumnElement[Any]:
    """Give the code of a row's status, after which list it is of: the lists share codes."""
    (name,) = (one for one in _STATUSES if one in rows.c)
    kode = rows.c[name].op("->>", return_type=Text())(literal_column("'kode'"))
    return literal_column(f"'{name}/'", Text()).concat(kode)


def _status_name(rows: FromClause) -> ColumnElement[Any]:
    (name,) = (one for one in _STATUSES if one in rows.c)
    return rows.c[name].op("->>", return_type=Text())(literal_column("'kodenavn'"))


def _count(rows: CTE) -> ColumnElement[int]:
    return select(func.count()).select_from(rows).scalar_subquery()

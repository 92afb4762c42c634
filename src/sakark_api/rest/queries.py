"""Reading units: each statement is built once, and rows become bytes without objects between."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Uuid

from sakark_api.access.policy import Action
from sakark_api.db.reader import Statement
from sakark_api.noark.model import table_of
from sakark_api.noark.resource import Resource
from sakark_api.noark.structure import Catalog, Relation
from sakark_api.rest.family import Family
from sakark_api.rest.navigation import Rows, Source, Trail, tied
from sakark_api.rest.odata import (
    Binding,
    Compiled,
    FieldKind,
    Filter,
    Node,
    Order,
    compile_filter,
    ordering,
)
from sakark_api.rest.reaching import Reaching
from sakark_api.rest.search import found_by, tally
from sakark_api.rest.tenant import same_kommune
from sakark_api.tenancy.forhaandsvisning import Forhaandsvisning

__all__ = ["OWNER", "Page", "Queries"]

ID, IDS, TOP, SKIP = "id", "ids", "top", "skip"
OWNER = "owner_id"
"""The column that tells which unit an expanded one was found from."""
_REMEMBERED = 512
"""How many questions are kept compiled: the largest that are let in take 100 kB each."""


@dataclass(frozen=True)
class Page:
    """A list that was asked for: what to filter by, in which order, and how it is found.

    `terms` is how many terms are searched for, `rare` whether the first is so rare that it is
    looked up, and `prefixed` what the fields hold that the kommune has defined itself and the
    query names.
    """

    resource: Resource[Any]
    relation: Relation | None = None
    owner: Resource[Any] | None = None
    tree: Node | None = None
    orders: tuple[Order, ...] = ()
    terms: int = 0
    rare: bool = False
    prefixed: tuple[tuple[str, FieldKind], ...] = ()


@dataclass(frozen=True)
class Asking:
    """A page on its way to become a statement: its FROM, its WHERE and its order."""

    rows: Rows
    where: Sequence[ColumnElement[bool]]
    compiled: Compiled | None
    order: Sequence[ColumnElement[Any]]


def _compile_preview() -> Statement:
    table = table_of(Forhaandsvisning)
    shown = select(table.c.lagringsnoekkel, table.c.filstoerrelse, table.c.sjekksum)
    mine = table.c.enhet == bindparam(ID, type_=Uuid())
    return Statement.compile(shown.where(same_kommune(table), mine), looks_up=True)


class Queries:
    """Every statement that reads units, compiled when it is first needed and kept.

    Those for callers without clearance find what is screened as absent. Those for callers whose
    rights are not `whole` find what they do not reach as if it were not there.
    """

    def __init__(self, catalog: Catalog, *, cleared: bool = True, whole: bool = True) -> None:
        self.catalog = catalog
        self.reaching = Reaching(catalog, whole=whole)
        self.families = {
            root.name: Family(catalog, root, self.reaching, cleared=cleared)
            for root in catalog.roots
        }
        self._one = lru_cache(maxsize=256)(self._compile_one)
        self._single = lru_cache(maxsize=1024)(self._compile_single)
        self._page = lru_cache(maxsize=_REMEMBERED)(self._compile_page)
        self._count = lru_cache(maxsize=_REMEMBERED)(self._compile_count)
        self._asked = lru_cache(maxsize=_REMEMBERED)(self._survey)
        self._expanded = lru_cache(maxsize=1024)(self._compile_expanded)
        self._seen = lru_cache(maxsize=64)(self._compile_seen)
        self._allowed = lru_cache(maxsize=64)(self._compile_allowed)
        self._preview = lru_cache(maxsize=1)(_compile_preview)
        self._tally = lru_cache(maxsize=256)(self._compile_tally)

    def family(self, resource: Resource[Any]) -> Family:
        return self.families[resource.root.name]

    def one(self, resource: Resource[Any]) -> Statement:
        """Find one unit; values: tenant, id."""
        return self._one(resource)

    def single(self, owner: Resource[Any], relation: Relation) -> Statement:
        """Find the unit that a to-one relation leads to; values: tenant, id (of the owner)."""
        return self._single(owner, relation)

    def page(self, page: Page) -> Statement:
        """Find a page of units, each row with the count of all; values: as `count`, top, skip."""
        return self._page(page)

    def count(self, page: Page) -> Statement:
        """Count the units of a list; values: tenant, id (of the owner), search, the filter's."""
        return self._count(page)

    def expanded(self, owner: Resource[Any], relation: Relation) -> Statement:
        """Find what a relation leads to from many units; values: tenant, ids, top.

        Each row tells in `OWNER` which of the units it was found from.
        """
        return self._expanded(owner, relation)

    def tally(self, resource: Resource[Any], terms: int) -> Statement:
        """Count what each term of a search is found in, a column each; values: the terms."""
        return self._tally(resource, terms)

    def parameters(self, page: Page, filter_: Filter) -> Mapping[str, object]:
        """Give the values of a page's filter as its statement takes them."""
        binding = self._asked(page)[0]
        return binding.parameters(filter_.values) if binding else {}

    def seen(self, resource: Resource[Any]) -> Statement:
        """Find which of many units are seen, by systemID; values: tenant, ids."""
        return self._seen(resource)

    def allowed(self, resource: Resource[Any]) -> Statement:
        """Tell of a unit that is seen if it may be added to, changed and deleted; values as `one`.

        What is closed or archived is neither added to nor deleted, and who is not cleared for all
        that is screened in it does not write in it.
        """
        return self._allowed(resource)

    def preview(self) -> Statement:
        """Find the picture of a unit's file: its key, size and checksum; values: tenant, id."""
        return self._preview()

    def works(self, page: Page) -> frozenset[str]:
        """Name the kinds of work whose units the filter and the order of a page look into."""
        return self._asked(page)[1]

    def _compile_one(self, resource: Resource[Any]) -> Statement:
        family = self.family(resource)
        return Statement.compile(
            family.select().where(
                *family.of_kind(resource), family.table.c.system_id == bindparam(ID, type_=Uuid())
            ),
            looks_up=True,
        )

    def _compile_seen(self, resource: Resource[Any]) -> Statement:
        family = self.family(resource)
        named = family.table.c.system_id == func.any(bindparam(IDS, type_=ARRAY(Uuid())))
        return Statement.compile(
            select(family.table.c.system_id).where(*family.of_kind(resource), named)
        )

    def _compile_allowed(self, resource: Resource[Any]) -> Statement:
        family = self.family(resource)
        table, root = family.table, resource.root
        is_open = table.c[root.locked_by].is_(None) if root.locked_by else true()
        may = {
            action: and_(family.unscreened, family.reaching.may(root, table, action))
            for action in Action
        }
        return Statement.compile(
            select(
                and_(may[Action.CREATE], is_open),
                may[Action.CHANGE],
                and_(may[Action.DELETE], is_open),
            ).where(*family.of_kind(resource), table.c.system_id == bindparam(ID, type_=Uuid())),
            looks_up=True,
        )

    def _compile_single(self, owner: Resource[Any], relation: Relation) -> Statement:
        family = self.family(relation.target)
        source, owner_id = tied(family.table, relation, self.family(owner).table.alias("owner"))
        return Statement.compile(
            family.select()
            .select_from(source)
            .where(
                *family.of_kind(relation.target),
                owner_id == bindparam(ID, type_=Uuid()),
                self._owner_seen(owner),
            ),
            looks_up=True,
        )

    def _owner_seen(self, owner: Resource[Any]) -> ColumnElement[bool]:
        """Say that the unit in the address is seen: nothing is told of what leads from others."""
        family = self.family(owner)
        rows = family.table.alias("from_here")
        return (
            select(literal_column("1"))
            .where(*family.of_kind(owner, rows), rows.c.system_id == bindparam(ID, type_=Uuid()))
            .exists()
        )

    def _compile_expanded(self, owner: Resource[Any], relation: Relation) -> Statement:
        family = self.family(relation.target)
        source, owner_id = tied(family.table, relation, self.family(owner).table.alias("owner"))
        ids = bindparam(IDS, type_=ARRAY(Uuid()))
        return Statement.compile(
            family.select(None, owner_id.label(OWNER))
            .select_from(source)
            .where(*family.of_kind(relation.target), owner_id == func.any(ids))
            .order_by(*family.order())
            .limit(bindparam(TOP, type_=Integer()))
        )

    def _compile_tally(self, resource: Resource[Any], terms: int) -> Statement:
        family = self.family(resource)
        return Statement.compile(tally(self.catalog, self.families, family, terms))

    def _compile_page(self, page: Page) -> Statement:
        family = self.family(page.resource)
        asking = self._asking(page)
        return Statement.compile(
            family.select(self._counted(page).correlate(None).scalar_subquery())
            .select_from(asking.rows.source.clause)
            .where(*asking.where)
            .order_by(*asking.order)
            .limit(bindparam(TOP, type_=Integer()))
            .offset(bindparam(SKIP, type_=BigInteger()))
        )

    def _compile_count(self, page: Page) -> Statement:
        return Statement.compile(self._counted(page))

    def _counted(self, page: Page) -> Any:
        asking = self._asking(page, ordered=False)
        return select(func.count()).select_from(asking.rows.source.clause).where(*asking.where)

    def _survey(self, page: Page) -> tuple[Binding | None, frozenset[str]]:
        asking = self._asking(page)
        binding = asking.compiled.binding if asking.compiled else None
        return binding, frozenset(asking.rows.trail.works)

    def _asking(self, page: Page, *, ordered: bool = True) -> Asking:
        family = self.family(page.resource)
        trail = Trail(self.families, dict(page.prefixed))
        where = family.of_kind(page.resource)
        source: Any = family.table
        if page.relation is not None and page.owner is not None:
            near = self.family(page.owner).table.alias("owner")
            source, owner_id = tied(family.table, page.relation, near)
            where += [owner_id == bindparam(ID, type_=Uuid()), self._owner_seen(page.owner)]
        rows = Rows(trail, family, family.table, Source(source, {}))
        compiled = compile_filter(page.tree, rows) if page.tree is not None else None
        if compiled is not None:
            where.append(compiled.predicate)
        if page.terms:
            where += found_by(self.catalog, self.families, family, page.terms, rare=page.rare)
        order = self._order(page, rows) if ordered else ()
        return Asking(rows, where, compiled, order)

    def _order(self, page: Page, rows: Rows) -> Sequence[ColumnElement[Any]]:
        asked: Sequence[ColumnElement[Any]] = ordering(page.orders, rows)
        if not asked:
            return rows.family.order()
        return [*asked, rows.table.c.system_id]

"""How units are shown: whole or by chosen attributes, with related units inside (GUIDE 6)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sakark_api.errors import Invalid
from sakark_api.noark.resource import Resource
from sakark_api.noark.structure import Relation
from sakark_api.rest.dependencies import Context
from sakark_api.rest.family import OFFSETS, STATE, TYPE, Family
from sakark_api.rest.odata import Expansion, unknown_field
from sakark_api.rest.paging import Asked
from sakark_api.rest.queries import OWNER
from sakark_api.rest.reading import log_shown
from sakark_api.rest.schema import FILE_ADDRESS
from sakark_api.texts import text

__all__ = ["address_of", "refuse_unshowable", "show", "write_unit"]

MAX_INSIDE = 1000
_ALWAYS = frozenset({"systemID", "_links"})

Inside = Mapping[str, Mapping[str, Any]]
"""What is shown inside units: by systemID, and by role."""


def address_of(context: Context, row: Any) -> str:
    kind = context.services.catalog.by_name[row[TYPE]]
    return f"{context.base}{kind.package}/{kind.name}/{row['system_id']}/"


def write_unit(context: Context, row: Any) -> Any:
    """Turn a row into what msgspec writes, with its links."""
    services = context.services
    kind = services.catalog.by_name[row[TYPE]]
    links = services.links.of_unit(kind, row[STATE], context.rights, context.may, context.base)
    has_file = kind.file is not None and row["lagringsnoekkel"] is not None
    return (
        context.queries.family(kind)
        .writers[kind.name]
        .write(
            row,
            links.of(row["system_id"]),
            row[OFFSETS],
            f"{address_of(context, row)}fil/" if has_file else None,
        )
    )


def refuse_unshowable(context: Context, resource: Resource[Any], asked: Asked) -> None:
    """Refuse $expand and $select of what does not exist, or may not be read by the caller."""
    family = context.queries.family(resource)
    for name in asked.select:
        if name not in family.by_wire and not (name == FILE_ADDRESS and family.root.file):
            raise unknown_field((name,))
    _refuse_unreadable(context, family, asked.expand)


def _refuse_unreadable(context: Context, family: Family, expand: Expansion) -> None:
    for role, inner in expand.items():
        relation = _relation(family, role)
        context.demand("read", relation.target.work)
        _refuse_unreadable(context, context.queries.family(relation.target), inner)


def _relation(family: Family, role: str) -> Relation:
    found = family.relations.get(role)
    if found is None:
        raise Invalid(
            text(
                "Relasjonen {rolle} finnes ikke her. Bruk {kjente}.",
                rolle=role[:100],
                kjente=", ".join(sorted(family.relations)),
            )
        )
    return found


async def show(
    context: Context, resource: Resource[Any], rows: Sequence[Any], asked: Asked
) -> list[Any]:
    """Show units to a reader as the query wants them; see `refuse_unshowable` first."""
    if not asked.is_shaped:
        await log_shown(context, rows)
        return [write_unit(context, row) for row in rows]
    expander = _Expander(context, MAX_INSIDE)
    inside = await expander.inside(resource, rows, asked.expand)
    await log_shown(context, [*rows, *expander.fetched])
    chosen = asked.select | _ALWAYS if asked.select else None
    return [_put_together(context, row, inside, chosen) for row in rows]


@dataclass
class _Expander:
    """Fetches the units inside those of a page, one statement for each relation and level."""

    context: Context
    left: int
    """How many more units may be fetched."""
    fetched: list[Any] = field(default_factory=list)

    async def inside(
        self, resource: Resource[Any], rows: Sequence[Any], expand: Expansion
    ) -> Inside:
        """Give what is inside the units of `rows`, by systemID and role."""
        found: dict[str, dict[str, Any]] = {}
        family = self.context.queries.family(resource)
        for role, inner in expand.items():
            relation = _relation(family, role)
            children = await self._fetch(resource, relation, rows)
            deeper = await self.inside(relation.target, children, inner)
            for child in children:
                unit = _put_together(self.context, child, deeper)
                roles = found.setdefault(child[OWNER], {})
                if relation.many:
                    roles.setdefault(role, []).append(unit)
                else:
                    roles[role] = unit
        return found

    async def _fetch(
        self, resource: Resource[Any], relation: Relation, rows: Iterable[Any]
    ) -> list[Any]:
        ids = list({row["system_id"] for row in rows})
        if not ids:
            return []
        services, tenant = self.context.services, self.context.kommune.id
        children = await services.reader.fetch(
            tenant,
            self.context.queries.expanded(resource.root, relation),
            self.context.values(ids=ids, top=self.left + 1),
        )
        self.fetched += children
        self.left -= len(children)
        if self.left < 0:
            raise Invalid(
                text(
                    "$expand gir over {most} enheter. Bruk lavere $top, eller hent dem for seg.",
                    most=MAX_INSIDE,
                )
            )
        return children


def _put_together(
    context: Context, row: Any, inside: Inside, chosen: frozenset[str] | None = None
) -> Any:
    """Write a unit with what is inside it, or only the chosen of its attributes."""
    unit = write_unit(context, row)
    members = {
        name: value
        for name in unit.__struct_fields__
        if (chosen is None or name in chosen) and (value := getattr(unit, name)) is not None
    }
    links = members.pop("_links")
    return {**members, **inside.get(row["system_id"], {}), "_links": links}

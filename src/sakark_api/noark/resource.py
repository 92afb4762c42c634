"""The one typed declaration that routes, links, filters, wire schemas and OpenAPI come from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Table, inspect
from sqlalchemy.orm import Session

from sakark_api.noark.attribute import BoundAttribute, attributes_of
from sakark_api.noark.metadata.kodeliste import CodeList
from sakark_api.noark.metadata.kodeverk import Kodeverk
from sakark_api.noark.model import WHOLE_KEY, TenantRow
from sakark_api.noark.values import Kode
from sakark_api.texts import Text

__all__ = [
    "REL",
    "Actor",
    "Change",
    "ChildColumn",
    "FileRules",
    "Guard",
    "JoinTable",
    "Package",
    "Parent",
    "ParentColumn",
    "Resource",
    "Rule",
    "StoredFile",
    "Work",
]

REL: Final = "https://rel.arkivverket.no/noark5/v5/api/"
"""Base of all relation keys; every key ends in a slash."""

M = TypeVar("M", bound=TenantRow)
O = TypeVar("O", bound=TenantRow)  # noqa: E741  O as in other


class Package(StrEnum):
    """The standard's packages, as they are spelled in relation keys and in our addresses."""

    ARKIVSTRUKTUR = "arkivstruktur"
    SAKARKIV = "sakarkiv"
    METADATA = "metadata"
    ADMIN = "admin"
    LOGGING = "loggingogsporing"


class Work(StrEnum):
    """Which kind of work it is to write units of a resource; `access` says which roles do it."""

    ADMINISTRATION = "administration"
    ARCHIVE = "archive"
    CASEWORK = "casework"
    USERS = "users"


@dataclass(frozen=True)
class Actor:
    """The person or system behind a write, as it is remembered on units and in the log."""

    system_id: UUID
    navn: str
    enhet_navn: str | None = None
    enhet_id: UUID | None = None


@dataclass(frozen=True)
class Change:
    """One write: in which session, by whom and when. What every rule is given, beside the unit."""

    session: Session
    actor: Actor
    now: datetime
    kodeverk: Kodeverk
    first_version: int = 0
    parent: TenantRow | None = None
    """The unit that a new unit is made under."""
    archivist: bool = False
    """Whether the caller may do the archive's own work: reopen, and delete what is kept twice."""
    options: frozenset[str] = frozenset()
    """The kommune's options in force now."""

    def kode(self, codelist: CodeList, kode: str) -> Kode:
        """Give a code of a list, with its name in this kommune."""
        navn = self.kodeverk.name_of(codelist.name, kode, None, self.now)
        return Kode(kode=kode, kodenavn=navn)

    def get(self, model: type[O], system_id: UUID) -> O | None:
        """Fetch a unit of the same kommune; free of charge when it is loaded already."""
        key = (self.session.info["tenant_id"], system_id)
        return self.session.get(model, key, execution_options={WHOLE_KEY: True})


Rule = Callable[[Change, Any], None]
"""Computes on a unit, or refuses with an error; never sees a request, a token or a response."""


@dataclass(frozen=True)
class ChildColumn:
    """The child holds its parent's systemID in a column: each child has at most one such parent."""

    column: str


@dataclass(frozen=True)
class JoinTable:
    """Parent and child are paired in a table of their own: many to many."""

    table: Table
    parent_column: str
    child_column: str


@dataclass(frozen=True)
class ParentColumn:
    """The parent holds the child's systemID in a column: each parent has at most one such child."""

    column: str


@dataclass(frozen=True)
class Parent:
    """Where a unit may be made, and how the two are tied together.

    `resource` is None for a parent of the same kind. `role` is what the child calls the parent and
    `list_role` what the parent calls its children; both default to the resource's name. `owned`
    children are compositions: they may be given inside the parent's body and die with it. `mutual`
    ties let the parent be made from the child as well.
    """

    resource: "Resource[Any] | None"
    via: ChildColumn | JoinTable | ParentColumn
    owned: bool = False
    mutual: bool = False
    role: str = ""
    list_role: str = ""


@dataclass(frozen=True)
class Guard:
    """Rules that a resource lays on the units of another, which does not know of it.

    So a child may hold its parent back, as parents never name their children. They run after the
    other resource's own rules, at the same moments, and before those of what extends it.
    """

    resource: "Resource[Any]"
    on_create: Sequence[Rule] = ()
    on_change: Sequence[Rule] = ()
    on_delete: Sequence[Rule] = ()


@dataclass(frozen=True)
class StoredFile:
    """A file whose bytes are in storage already."""

    key: str
    size: int
    sha256: str
    mime_type: str
    filnavn: str | None


@dataclass(frozen=True)
class FileRules:
    """How units of a resource take their files; each such unit has at most one.

    `refuse(change, unit, mime_type, size)` stops an upload before its bytes are read; size is None
    when unknown. `receive(change, unit, stored)` gives the unit that now has the file, or raises
    when the file is not what was announced. The `parent_` twins do the same for a file sent to the
    unit's parent. The unit has the attributes mime_type, filnavn, filstoerrelse and sjekksum, and
    the column lagringsnoekkel, empty until the file has come.
    """

    refuse: Callable[[Change, Any, str, int | None], None]
    receive: Callable[[Change, Any, StoredFile], TenantRow]
    parent_refuse: Callable[[Change, Any, str, int | None], None]
    parent_receive: Callable[[Change, Any, StoredFile], TenantRow]


@dataclass(frozen=True, eq=False)
class Resource(Generic[M]):
    """One entity of the standard, as the engine needs to know it.

    `title` is the entity's name for people. `extends` is the resource whose table, relations and
    rules it shares. `parents` say where `ny-<name>` is offered; `top` that the package's list
    offers it too. `locked_by` names the attribute that, once set, stops new children and deletion.
    `inherits` names attributes whose values come from the parent when the client gives none.
    `guards` are rules for units of other resources.
    `order_by` is the order of lists when the client asks for none. `example` is a body that makes
    a unit, as it is on the wire, for the API's description.
    """

    model: type[M]
    title: Text
    package: Package
    work: Work
    extends: "Resource[Any] | None" = None
    parents: Sequence[Parent] = ()
    top: bool = False
    listed: bool = True
    abstract: bool = False
    locked_by: str | None = None
    inherits: Sequence[str] = ()
    order_by: Sequence[str] = ("system_id",)
    on_create: Sequence[Rule] = ()
    on_change: Sequence[Rule] = ()
    on_delete: Sequence[Rule] = ()
    guards: Sequence[Guard] = ()
    file: FileRules | None = None
    example: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The entity's name in addresses, relation keys and the `type` column."""
        return self.model.__name__.lower()

    @property
    def rel(self) -> str:
        return f"{REL}{self.package}/{self.name}/"

    @cached_property
    def lineage(self) -> "tuple[Resource[Any], ...]":
        """This resource and those it extends, the most general first."""
        return (*self.extends.lineage, self) if self.extends else (self,)

    @cached_property
    def root(self) -> "Resource[Any]":
        return self.lineage[0]

    @cached_property
    def attributes(self) -> tuple[BoundAttribute, ...]:
        return attributes_of(inspect(self.model))

    def inherited(self, name: str) -> Any:
        """Give the most special setting of that name in the lineage, or the last one's default."""
        return next(
            (found for one in reversed(self.lineage) if (found := getattr(one, name))), None
        )

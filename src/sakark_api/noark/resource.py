"""The one typed declaration that routes, links, filters, wire schemas and OpenAPI come from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Table, inspect
from sqlalchemy.orm import Session

from sakark_api.noark.attribute import BoundAttribute, attributes_of
from sakark_api.noark.metadata.kodeliste import CodeList
from sakark_api.noark.metadata.kodeverk import Kodeverk
from sakark_api.noark.model import WHOLE_KEY, Base, TenantRow
from sakark_api.noark.rel import OWN_REL, REL
from sakark_api.noark.values import Kode
from sakark_api.texts import BOKMAAL, Text

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
    "Telling",
    "Work",
]

M = TypeVar("M", bound=TenantRow)
O = TypeVar("O", bound=TenantRow)  # noqa: E741  O as in other


class Package(StrEnum):
    """The packages, as they are spelled in relation keys and in our addresses.

    `MOETER` and `TILGANGSSTYRING` are core Noark's and not the interface's, and `BEVARING` is in
    neither, so that their relation keys are our own.
    """

    ARKIVSTRUKTUR = "arkivstruktur"
    SAKARKIV = "sakarkiv"
    METADATA = "metadata"
    ADMIN = "admin"
    LOGGING = "loggingogsporing"
    MOETER = "moeter"
    TILGANGSSTYRING = "tilgangsstyring"
    BEVARING = "bevaring"

    @property
    def rel(self) -> str:
        """The package's relation key, which those of its entities begin with."""
        return f"{OWN_REL if self in _OWN else REL}{self}/"


_OWN = frozenset({Package.MOETER, Package.TILGANGSSTYRING, Package.BEVARING})


class Work(StrEnum):
    """Which kind of work it is to write units of a resource; `access` says which roles do it."""

    ADMINISTRATION = "administration"
    ARCHIVE = "archive"
    CASEWORK = "casework"
    USERS = "users"
    IMPARTIALITY = "impartiality"
    RETENTION = "retention"
    DISPOSAL = "disposal"
    LOG = "log"
    SCREENED = "screened"


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
    archivist: bool = False
    """Whether the caller may also do what only those who keep the archive may (6.1.15, C3.2.40)."""
    person: bool = False
    """Whether the caller is a person: what only people may decide, no system decides."""
    parent: TenantRow | None = None
    """The unit that a new unit is made under, or that a unit is moved to."""
    former: TenantRow | None = None
    """The unit that a moved unit was under before."""
    options: frozenset[str] = frozenset()
    """The options of the kommune in force now."""
    maalform: str = BOKMAAL
    """The language of the kommune, in which sentences are written that stay in the archive."""

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
    """The child holds its parent's systemID in a column: each child has at most one such parent.

    Where a column may hold units of any resource, also such as there are no more, `kind` is the
    column that says which.
    """

    column: str
    kind: str | None = None


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
    `list_role` what the parent calls its children; both default to the resource's name, and None
    leaves the relation out at that end. `ny` is what making a child is called (`ny-<ny>`), the
    child's name by default; None for units that are tied, but not made, there. `owned` children are
    compositions: they may be given inside the parent's body and die with it; the others are tied
    and moved by `$ref`. `mutual` ties let the parent be made from the child as well. A unit keeps
    at least one of its `needed` ties, and exactly one of those that are columns of its own.
    """

    resource: "Resource[Any] | None"
    via: ChildColumn | JoinTable | ParentColumn
    owned: bool = False
    mutual: bool = False
    needed: bool = False
    role: str | None = ""
    list_role: str | None = ""
    ny: str | None = ""


@dataclass(frozen=True)
class Guard:
    """Rules that a resource lays on the units of another, which does not know of it.

    So a child may hold its parent back, as parents never name their children. They run after the
    other resource's own rules, at the same moments, and before those of what extends it.
    `on_gone` rules take away what goes with a unit, once nothing has refused that it is deleted.
    """

    resource: "Resource[Any]"
    on_place: Sequence[Rule] = ()
    on_create: Sequence[Rule] = ()
    on_change: Sequence[Rule] = ()
    on_move: Sequence[Rule] = ()
    on_delete: Sequence[Rule] = ()
    on_gone: Sequence[Rule] = ()


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
    unit's parent. `public` is the attribute and the kode of files that what is screened has been
    taken out of. `words` is the table of what the files say, by their units' systemID, with the
    columns tekst and sok. The unit has the attributes mime_type, filnavn, filstoerrelse and
    sjekksum, and the columns lagringsnoekkel, empty until the file has come, and destruert, when it
    was destroyed on purpose.
    """

    refuse: Callable[[Change, Any, str, int | None], None]
    receive: Callable[[Change, Any, StoredFile], TenantRow]
    parent_refuse: Callable[[Change, Any, str, int | None], None]
    parent_receive: Callable[[Change, Any, StoredFile], TenantRow]
    public: tuple[str, str]
    words: type[Base] | None = None


@dataclass(frozen=True)
class Telling:
    """How the lines of a log tell of units: the columns for which one and what happened to it.

    Of a unit that is `gone` nobody knows any more how it was screened.
    """

    unit: str
    event: str
    gone: str


@dataclass(frozen=True, eq=False)
class Resource(Generic[M]):
    """One entity of the standard, as the engine needs to know it.

    `title` is the entity's name for people. `extends` is the resource whose table, relations and
    rules it shares. `parents` say where `ny-<name>` is offered; `top` that the package's list
    offers it too. `locked_by` names the attribute that, once set, stops new children and deletion.
    `extension` lets units of what it extends become units of it (`utvid-til-<name>`). Units made
    `by_reference` are made by naming the unit they point to (`ny-<name>/$ref?$id=`). Units that are
    `read_only` are made by the core alone.
    `inherits` names attributes whose values come from the parent when the client gives none.
    `on_place` rules run first of all when a unit is made, before what it inherits and before
    defaults. `guards` are rules for units of other resources. `category` is the kode of the
    tilgangskategori that rights to its units are given by, and `near` the columns that name who is
    responsible for the unit that one is a part of. `screened` names the columns that
    each kode of a screening hides (M502, M503), and `public` what is shown instead of one.
    `telling` says how the lines of a log tell of units that may be gone.
    `order_by` is the order of lists when the client asks for none. `example` is a body that makes
    a unit, as it is on the wire, for the API's description. `own_list` gives owners a list of this
    kind alone, beside the one of the resource it extends. `spelled` is the name in addresses and
    relation keys where it is not the model's in lower case, and `aliases` are other names that the
    package lists it by.
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
    extension: bool = False
    by_reference: bool = False
    read_only: bool = False
    telling: Telling | None = None
    locked_by: str | None = None
    inherits: Sequence[str] = ()
    order_by: Sequence[str] = ("system_id",)
    on_place: Sequence[Rule] = ()
    on_create: Sequence[Rule] = ()
    on_change: Sequence[Rule] = ()
    on_move: Sequence[Rule] = ()
    on_delete: Sequence[Rule] = ()
    guards: Sequence[Guard] = ()
    category: str | None = None
    near: Sequence[str] = ()
    screened: Mapping[str, Sequence[str]] = field(default_factory=dict)
    public: Mapping[str, str] = field(default_factory=dict)
    file: FileRules | None = None
    example: Mapping[str, Any] = field(default_factory=dict)
    own_list: bool = False
    spelled: str = ""
    aliases: Sequence[str] = ()

    def __repr__(self) -> str:
        """Tell which resource it is: written out with all it leads to, it fills megabytes."""
        return f"<Resource {self.name}>"

    @property
    def name(self) -> str:
        """The entity's name in addresses, relation keys and the `type` column."""
        return self.spelled or self.model.__name__.lower()

    @property
    def rel(self) -> str:
        return f"{self.package.rel}{self.name}/"

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

    @cached_property
    def places(self) -> tuple[Parent, ...]:
        """Where units of this kind may be: its own parents, or those of what it extends."""
        return tuple(self.parents) or (self.extends.places if self.extends else ())

    @cached_property
    def ties(self) -> tuple[Parent, ...]:
        """The parents that this resource declares and what it extends does not."""
        known = {tie.via for tie in self.extends.all_ties} if self.extends else set()
        return tuple(tie for tie in self.parents if tie.via not in known)

    @cached_property
    def all_ties(self) -> tuple[Parent, ...]:
        """The parents that a unit of this kind may have, by the most general declarations."""
        return (*(self.extends.all_ties if self.extends else ()), *self.ties)

    def inherited(self, name: str) -> Any:
        """Give the most special setting of that name in the lineage, or the last one's default."""
        return next(
            (found for one in reversed(self.lineage) if (found := getattr(one, name))), None
        )

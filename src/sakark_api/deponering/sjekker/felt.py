"""Checks of what the schema of a deposit demands: each element that may be missing is one."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_

from sakark_api.deponering.element import Elements, gaps, rows_of
from sakark_api.deponering.sekvens import (
    ARKIVDEL,
    MAPPE,
    MAPPE_TAILS,
    REGISTRERING_TAILS,
    Again,
    arkiv_elements,
    dokumentbeskrivelse_elements,
    klasse_elements,
    registrering_elements,
)
from sakark_api.deponering.sjekker.sjekk import Sjekk, always
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.noark.arkivstruktur.arkiv import arkiv
from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import dokumentbeskrivelse
from sakark_api.noark.arkivstruktur.klasse import klasse
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.resource import Resource
from sakark_api.texts import Text, text

__all__ = ["SJEKKER"]

Sequence = Callable[[FromClause, Utvalg], Elements]

_OF_ALL: Final[Mapping[Resource[Any], Sequence]] = {
    arkiv: lambda _, utvalg: arkiv_elements(utvalg),
    arkivdel: lambda _, __: ARKIVDEL,
    klasse: lambda _, utvalg: klasse_elements(Again(utvalg.arkivdeler[0])),
    mappe: lambda _, __: MAPPE,
    registrering: registrering_elements,
    dokumentbeskrivelse: lambda _, utvalg: dokumentbeskrivelse_elements(
        rows_of(registrering), utvalg
    ),
}
"""The elements that all units of a resource have."""

_TAILS: Final = {mappe: MAPPE_TAILS, registrering: REGISTRERING_TAILS}
"""The elements of each kind of a resource's units."""

_END: Final[Mapping[str, Text]] = {
    "avsluttetDato": text("Avslutt dem."),
    "avsluttetAv": text("Avslutt dem."),
    "arkivertDato": text("Arkiver dem."),
    "arkivertAv": text("Arkiver dem."),
}
"""What a unit has when the work on it is done, and how it comes by it."""
_GIVEN: Final = "systemID"
"""What is made for the deposit where a unit has none of its own there."""


def _lacks(
    name: str, resource: Resource[Any], sequence: Sequence, rows: FromClause, utvalg: Utvalg
) -> ColumnElement[bool]:
    """Say that an element is missing."""
    missing = gaps(sequence(rows, utvalg), resource, rows)
    return next(condition for one, condition in missing if one == name)


def _lacks_of_kind(
    kind: str,
    lacks: Callable[[FromClause, Utvalg], ColumnElement[bool]],
    rows: FromClause,
    utvalg: Utvalg,
) -> ColumnElement[bool]:
    return and_(rows.c.type == kind, lacks(rows, utvalg))


def _all() -> Iterator[Sjekk]:
    for resource, sequence in _OF_ALL.items():
        yield from _checks(resource, None, sequence)
        for kind, tail in _TAILS.get(resource, {}).items():
            yield from _checks(resource, kind, partial(_same, tail))


def _same(sequence: Elements, _: FromClause, __: Utvalg) -> Elements:
    return sequence


def _checks(resource: Resource[Any], kind: str | None, sequence: Sequence) -> Iterator[Sjekk]:
    """Give a check of each element that may be missing."""
    rows, nothing = rows_of(resource), Utvalg([UUID(int=0)])
    for name, _ in gaps(sequence(rows, nothing), resource, rows):
        if name == _GIVEN:
            continue
        lacks = partial(_lacks, name, resource, sequence)
        yield Sjekk(
            f"{kind or resource.name}-uten-{name.replace('/', '-').lower()}",
            resource,
            text(
                "{slag} mangler {felt}",
                slag=CATALOG.by_name[kind].title if kind else resource.title,
                felt=name,
            ),
            _END.get(name, text("Fyll ut feltet, som må være med i et uttrekk.")),
            lacks if kind is None else partial(_lacks_of_kind, kind, lacks),
            awaits=always if name in _END else None,
        )


SJEKKER: Final = tuple(_all())

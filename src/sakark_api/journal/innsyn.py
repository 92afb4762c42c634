"""How much of an entry is told: to a caller, and to everybody on the internet."""

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    case,
    column,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.types import Text

from sakark_api.deponering.element import markup, rows_of
from sakark_api.deponering.innsyn import ASTERISKS, Offentlig
from sakark_api.noark.arkivstruktur.korrespondansepart import (
    korrespondansepart,
    korrespondansepartperson,
)
from sakark_api.noark.arkivstruktur.part import part, partperson
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.resource import Resource
from sakark_api.noark.rules.skjerming import MASK
from sakark_api.rest.queries import Queries
from sakark_api.rest.tenant import same_kommune

__all__ = ["Lest", "Publisert"]

_BETWEEN: Final = "[[:space:][:punct:]$+<=>^`|~]"
"""What is between words, also where the database's locale counts fewer signs as such."""
_SHORTEST_NAME: Final = 3
"""Shorter words are seldom a name by themselves, and often a word of the title."""
_NUMBER: Final = "(?<![0-9])[0-9]{6} ?[0-9]{5}(?![0-9])"
"""A fødselsnummer or d-nummer, and whatever else has eleven digits."""


class Lest:
    """What a caller sees of an entry that is seen: of its case and klasse, if those are."""

    def __init__(self, queries: Queries, entry: FromClause) -> None:
        del entry  # it is seen, or it would not be told of
        self._queries = queries

    def text(self, resource: Resource[Any], name: str, rows: FromClause) -> ColumnElement[Any]:
        shown = self._queries.family(resource).shown(name, rows)
        if resource is registrering:
            return shown
        return case((self.tells(resource, rows), shown), else_=ASTERISKS)

    def name(self, rows: FromClause) -> ColumnElement[Any]:
        shown = self._queries.family(korrespondansepart).shown("navn", rows)
        return func.coalesce(shown, rows.c.saksbehandler, rows.c.administrativ_enhet, type_=Text())

    def tells(self, resource: Resource[Any], rows: FromClause) -> ColumnElement[bool]:
        if resource is registrering:
            return true()
        return and_(*self._queries.family(resource).of_kind(resource, rows))


class Publisert(Offentlig):
    """What everybody may read on the internet (offentlegforskrifta §§ 6 and 7).

    Numbers of persons are never told, and of what `is_old` neither are names of persons: not as
    correspondents, nor in titles where it is known whose names those may be.
    """

    def __init__(self, entry: FromClause, is_old: ColumnElement[bool]) -> None:
        super().__init__(entry)
        self._is_old = is_old

    def text(self, resource: Resource[Any], name: str, rows: FromClause) -> ColumnElement[Any]:
        told = _without_numbers(super().text(resource, name, rows))
        if name == "administrativ_enhet":
            return told
        nameless = ASTERISKS if name == "saksansvarlig" else self._without_names(told)
        return case((self._is_old, nameless), else_=told)

    def name(self, rows: FromClause) -> ColumnElement[Any]:
        is_person = or_(
            rows.c.type == markup(korrespondansepartperson.name), rows.c.saksbehandler.is_not(None)
        )
        told = _without_numbers(super().name(rows))
        return case((and_(self._is_old, is_person), ASTERISKS), else_=told)

    def _without_names(self, told: ColumnElement[Any]) -> ColumnElement[Any]:
        """Put asterisks for the names of persons who are correspondents or parties, in a text."""
        words = self._names()
        start, end = f"(^|{_BETWEEN})(", f")s?(?=$|{_BETWEEN})"
        pattern = markup(start).concat(words).concat(markup(end))
        masked = func.regexp_replace(told, pattern, markup(f"\\1{MASK}"), markup("gi"))
        return func.coalesce(masked, told)

    def _names(self) -> ColumnElement[str]:
        """Give the words of the names of persons, as alternatives of a pattern."""
        written, parties = rows_of(korrespondansepart), rows_of(part)
        entry = self.entry
        named = union_all(
            select(written.c.navn)
            .where(
                same_kommune(written),
                written.c.registrering_ref == entry.c.system_id,
                written.c.type == markup(korrespondansepartperson.name),
            )
            .correlate(entry),
            select(parties.c.navn)
            .where(
                same_kommune(parties),
                parties.c.type == markup(partperson.name),
                or_(
                    parties.c.registrering_ref == entry.c.system_id,
                    parties.c.mappe_ref == entry.c.mappe_ref,
                ),
            )
            .correlate(entry),
        ).subquery("named")
        word = (
            func.regexp_split_to_table(named.c.navn, markup(f"{_BETWEEN}+"))
            .table_valued(column("word", Text()))
            .render_derived()
            .lateral("word")
        )
        # No sign is left in a word that means something in a pattern, in any locale.
        plain = func.regexp_replace(
            word.c.word, markup(r"([][\\.*+?(){}|^$])"), markup(r"\\\1"), markup("g")
        )
        return (
            select(func.string_agg(plain, markup("|")))
            .select_from(named.join(word, true()))
            .where(func.length(word.c.word) >= literal_column(str(_SHORTEST_NAME)))
            .correlate(entry)
            .scalar_subquery()
        )


def _without_numbers(told: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.regexp_replace(told, markup(_NUMBER), ASTERISKS, markup("g"), type_=Text())

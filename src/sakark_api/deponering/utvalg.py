"""Which units a deposit is of: arkivdeler, all of them or what was closed in a period."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Text,
    and_,
    cast,
    exists,
    func,
    or_,
    select,
    true,
    union_all,
)

from sakark_api.deponering.element import is_one_of, markup, rows_of
from sakark_api.formats import Verdict
from sakark_api.noark.arkivstruktur.arkiv import arkiv
from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import (
    attachments,
    dokumentbeskrivelse,
)
from sakark_api.noark.arkivstruktur.dokumentobjekt import (
    ARKIVFORMAT,
    GODKJENTE_ARKIVFORMATER,
    PRODUKSJONSFORMAT,
    SLADDET,
    dokumentobjekt,
)
from sakark_api.noark.arkivstruktur.klasse import klasse
from sakark_api.noark.arkivstruktur.klassifikasjonssystem import (
    klassifikasjonssystem,
    secondary_systems,
)
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.attribute import kode_of
from sakark_api.noark.bevaring.dokumentkontroll import Kontrolltype, dokumentkontroll
from sakark_api.noark.resource import Resource
from sakark_api.rest.tenant import same_kommune

__all__ = ["Utvalg"]


@dataclass(frozen=True)
class Utvalg:
    """What is to be deposited, as conditions on rows.

    `fra` and `til` are days in Norway, both of the period: mapper that were closed then, with all
    that is in them. `produksjonsformat` lets documents without an archive format come as they are.
    """

    arkivdeler: Sequence[UUID]
    fra: date | None = None
    til: date | None = None
    produksjonsformat: bool = False

    def has_mappe(self, rows: FromClause) -> ColumnElement[bool]:
        """Say that a mappe is in the deposit: the period is that of the outermost it is in."""
        inside = is_one_of(rows.c.effektiv_arkivdel, self.arkivdeler)
        if self.fra is None and self.til is None:
            return inside
        outermost = rows_of(mappe)
        in_period = exists().where(
            same_kommune(outermost),
            outermost.c.system_id == func.any(rows.c.omfang),
            outermost.c.referanse_forelder_mappe.is_(None),
            self._in_period(outermost.c.avsluttet_dato),
        )
        return and_(inside, in_period.correlate_except(outermost))

    def has_registrering(self, rows: FromClause) -> ColumnElement[bool]:
        """Say that a registrering is in the deposit: by its mappe, or by itself if it has none."""
        above = rows_of(mappe)
        in_mappe = (
            exists()
            .where(same_kommune(above), above.c.system_id == rows.c.mappe_ref)
            .where(self.has_mappe(above))
            .correlate_except(above)
        )
        return or_(in_mappe, and_(rows.c.mappe_ref.is_(None), self.has_alone(rows)))

    def has_alone(self, rows: FromClause) -> ColumnElement[bool]:
        """Say that a registrering in no mappe is in the deposit."""
        belongs = func.coalesce(rows.c.arkivdel_ref, rows.c.referanse_arkivdel)
        return and_(is_one_of(belongs, self.arkivdeler), self._in_period(rows.c.arkivert_dato))

    def has_dokument(self, rows: FromClause) -> ColumnElement[bool]:
        """Say that a dokumentbeskrivelse is in the deposit, by any registrering of it."""
        return self._tied(rows, true())

    def is_first(self, rows: FromClause, holder: FromClause) -> ColumnElement[bool]:
        """Say that a registrering is the first in the deposit of those that a document is in."""
        return ~self._tied(rows, attachments.c.registrering_ref < holder.c.system_id)

    def _tied(self, rows: FromClause, more: ColumnElement[bool]) -> ColumnElement[bool]:
        holder = rows_of(registrering)
        return (
            exists()
            .where(
                same_kommune(attachments),
                attachments.c.dokumentbeskrivelse_ref == rows.c.system_id,
                more,
                same_kommune(holder),
                holder.c.system_id == attachments.c.registrering_ref,
                self.has_registrering(holder),
            )
            .correlate_except(attachments, holder)
        )

    def has_file(self, rows: FromClause, document: FromClause) -> ColumnElement[bool]:
        """Say that a dokumentobjekt's file comes too: archive formats, and what is public.

        What is disposed of does not, and a production format only where there is nothing else.
        """
        variant = kode_of(rows.c.variantformat)
        return and_(
            rows.c.lagringsnoekkel.is_not(None),
            document.c.utfoert_kassasjon.is_(None),
            or_(
                is_one_of(variant, [ARKIVFORMAT, SLADDET]),
                and_(self.stands_alone(rows), self._is_acceptable(rows)),
            ),
        )

    def stands_alone(self, rows: FromClause) -> ColumnElement[bool]:
        """Say that a file is the last version as it was produced, and has no archive format."""
        other = rows_of(dokumentobjekt)
        variant = kode_of(other.c.variantformat)
        replaces = or_(
            and_(variant == ARKIVFORMAT, other.c.versjonsnummer == rows.c.versjonsnummer),
            and_(
                is_one_of(variant, [ARKIVFORMAT, PRODUKSJONSFORMAT]),
                other.c.versjonsnummer > rows.c.versjonsnummer,
            ),
        )
        replaced = exists().where(
            same_kommune(other),
            other.c.dokumentbeskrivelse_ref == rows.c.dokumentbeskrivelse_ref,
            other.c.lagringsnoekkel.is_not(None),
            replaces,
        )
        return and_(
            kode_of(rows.c.variantformat) == PRODUKSJONSFORMAT, ~replaced.correlate_except(other)
        )

    def lacks_archive_format(self, document: FromClause) -> ColumnElement[bool]:
        """Say that the last version of a document is in no format that may be deposited."""
        file = rows_of(dokumentobjekt)
        lacking = exists().where(
            same_kommune(file),
            file.c.dokumentbeskrivelse_ref == document.c.system_id,
            file.c.lagringsnoekkel.is_not(None),
            self.stands_alone(file),
            ~self._is_acceptable(file),
        )
        return and_(document.c.utfoert_kassasjon.is_(None), lacking.correlate_except(file))

    def is_of_wrong_format(self, rows: FromClause) -> ColumnElement[bool]:
        """Say that a file that comes, as an archive format or public, is of no approved one."""
        return ~self._is_acceptable(rows)

    def is_found_bad(self, rows: FromClause) -> ColumnElement[bool]:
        """Say that the worker has found of a file that comes that it is not what it seems.

        What holds a virus never comes; the rest does where files may come as they are.
        """
        found = rows_of(dokumentkontroll)
        bad = [Verdict.VIRUS]
        if not self.produksjonsformat:
            bad += [Verdict.FALSK_PDFA, Verdict.FEILMERKET]
        told = exists().where(
            same_kommune(found),
            found.c.dokumentobjekt_ref == rows.c.system_id,
            found.c.kontrolltype == Kontrolltype.FORMAT,
            found.c.gjeldende,
            found.c.krever_handling,
            is_one_of(found.c.resultat, [str(one) for one in bad]),
        )
        return told.correlate_except(found)

    def _is_acceptable(self, rows: FromClause) -> ColumnElement[bool]:
        if self.produksjonsformat:
            return true()
        return is_one_of(kode_of(rows.c.format), GODKJENTE_ARKIVFORMATER)

    def _in_period(self, moment: ColumnElement[Any]) -> ColumnElement[bool]:
        day = cast(moment, Date())
        return and_(
            true() if self.fra is None else day >= self.fra,
            true() if self.til is None else day <= self.til,
        )

    @cached_property
    def arkiver(self) -> FromClause:
        """Give the arkiver over the arkivdeler, up to the top: each with the one it is in."""
        part, rows, above = rows_of(arkivdel), rows_of(arkiv), rows_of(arkiv)
        over = (
            select(rows.c.system_id, rows.c.overarkiv_ref)
            .join(part, and_(same_kommune(part), part.c.arkiv_ref == rows.c.system_id))
            .where(same_kommune(rows), self.has_arkivdel(part))
            .cte("over", recursive=True)
        )
        return over.union(
            select(above.c.system_id, above.c.overarkiv_ref)
            .join(over, over.c.overarkiv_ref == above.c.system_id)
            .where(same_kommune(above))
        )

    def conditions(self) -> Mapping[Resource[Any], Callable[[FromClause], ColumnElement[bool]]]:
        """Give what says that a unit is in the deposit, of each kind that has a systemID there."""
        return {
            arkiv: self.has_arkiv,
            arkivdel: self.has_arkivdel,
            klassifikasjonssystem: lambda rows: self._orders(rows.c.system_id),
            klasse: self.has_klasse,
            mappe: self.has_mappe,
            registrering: self.has_registrering,
            dokumentbeskrivelse: self.has_dokument,
            dokumentobjekt: self.has_dokumentobjekt,
        }

    def has_arkiv(self, rows: FromClause) -> ColumnElement[bool]:
        return rows.c.system_id.in_(select(self.arkiver.c.system_id))

    def has_arkivdel(self, rows: FromClause) -> ColumnElement[bool]:
        return is_one_of(rows.c.system_id, self.arkivdeler)

    def has_klasse(self, rows: FromClause) -> ColumnElement[bool]:
        return self._orders(rows.c.klassifikasjonssystem_ref)

    def hangs_within(self, rows: FromClause) -> ColumnElement[bool]:
        """Say that a mappe or registrering is on a klasse in the deposit."""
        one = rows_of(klasse)
        found = exists().where(
            same_kommune(one), one.c.system_id == rows.c.klasse_ref, self.has_klasse(one)
        )
        return found.correlate_except(one)

    def is_ordered(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """Say that a column names an arkivdel of the deposit that is ordered by klasser."""
        part = rows_of(arkivdel)
        ordered = select(part.c.system_id).where(
            same_kommune(part),
            self.has_arkivdel(part),
            part.c.klassifikasjonssystem_ref.is_not(None),
        )
        return column.in_(ordered)

    def has_dokumentobjekt(self, rows: FromClause) -> ColumnElement[bool]:
        document = rows_of(dokumentbeskrivelse)
        told = exists().where(
            same_kommune(document),
            document.c.system_id == rows.c.dokumentbeskrivelse_ref,
            self.has_file(rows, document),
            self.has_dokument(document),
        )
        return told.correlate_except(document)

    @cached_property
    def systems(self) -> FromClause:
        """Give the klassifikasjonssystemer of each arkivdel: `owner`, and the order among them.

        First comes the one that it is ordered by, then the secondary ones of that.
        """
        part, other, pairs = rows_of(arkivdel), rows_of(arkivdel), secondary_systems.alias()
        klasser = rows_of(klasse)
        filled = exists().where(
            same_kommune(klasser), klasser.c.klassifikasjonssystem_ref == pairs.c.sekundaer_ref
        )
        primary = part.c.klassifikasjonssystem_ref
        first = select(
            part.c.system_id.label("owner"), primary.label("system_id"), markup("").label("orden")
        ).where(same_kommune(part), self.has_arkivdel(part), primary.is_not(None))
        rest = (
            select(other.c.system_id, pairs.c.sekundaer_ref, cast(pairs.c.sekundaer_ref, Text()))
            .join(pairs, pairs.c.primaer_ref == other.c.klassifikasjonssystem_ref)
            .where(
                same_kommune(other),
                same_kommune(pairs),
                self.has_arkivdel(other),
                pairs.c.sekundaer_ref != pairs.c.primaer_ref,
                filled.correlate_except(klasser),
            )
        )
        return union_all(first, rest).cte("systemer")

    def _orders(self, system: ColumnElement[Any]) -> ColumnElement[bool]:
        """Say that the units of one of the arkivdeler are ordered by a klassifikasjonssystem."""
        found: ColumnElement[bool] = system.in_(select(self.systems.c.system_id))
        return found

"""Why a document that is due is not disposed of: what the law or the archive needs it for.

It is asked when a list is made, and of each document again at the moment it would be destroyed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    DateTime,
    FromClause,
    Select,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import Dokumentbeskrivelse, attachments
from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt
from sakark_api.noark.arkivstruktur.kryssreferanse import Kryssreferanse
from sakark_api.noark.arkivstruktur.mappe import Mappe
from sakark_api.noark.arkivstruktur.registrering import Registrering
from sakark_api.noark.attribute import kode_of
from sakark_api.noark.model import Base
from sakark_api.noark.rules.gyldighet import holds_in_sql
from sakark_api.noark.sakarkiv.presedens import GJELDENDE, Presedens
from sakark_api.noark.tilgangsstyring.bevaringspaalegg import Bevaringspaalegg
from sakark_api.noark.tilgangsstyring.sperring import Sperring
from sakark_api.texts import Text, text

__all__ = ["KASSERES", "VURDERES", "Grunn", "Moment", "has_files", "reason"]

KASSERES, VURDERES = "K", "G"
ELEKTRONISK: Final = "E"


class Grunn(StrEnum):
    """Why a document is left out, the gravest first."""

    BEVARINGSPAALEGG = "bevaringspaalegg"
    SPERRET = "sperret"
    GRADERT = "gradert"
    DELT = "delt"
    HENVIST = "henvist"
    PRESEDENS = "presedens"
    IKKE_AVSLUTTET = "ikke_avsluttet"
    UTEN_VEDTAK = "uten_vedtak"
    SKAL_VURDERES = "skal_vurderes"
    FYSISK = "fysisk"
    IKKE_FORFALT = "ikke_forfalt"
    ENDRET = "endret"
    KASSERT = "kassert"

    @property
    def text(self) -> Text:
        """What it means, and what to do about it."""
        return _TEXTS[self]


_TEXTS: Final[Mapping[Grunn, Text]] = {
    Grunn.BEVARINGSPAALEGG: text(
        "Et bevaringspålegg gjelder. Dokumentene beholdes til pålegget er avsluttet."
    ),
    Grunn.SPERRET: text(
        "Dokumentene er sperret i stedet for slettet. Avslutt sperringen før de kasseres."
    ),
    Grunn.GRADERT: text(
        "Dokumentene er graderte. Avgrader dem, eller destruer dem etter sikkerhetsinstruksen."
    ),
    Grunn.DELT: text(
        "Dokumentene hører også til registreringer som ikke skal kasseres ennå. De kasseres med den"
        " siste av dem."
    ),
    Grunn.HENVIST: text(
        "Registreringer eller mapper som ikke skal kasseres ennå, viser hit. Fjern"
        " kryssreferansene, eller vent til også de skal kasseres."
    ),
    Grunn.PRESEDENS: text(
        "En gjeldende presedens bygger på dokumentene. De beholdes til den er foreldet."
    ),
    Grunn.IKKE_AVSLUTTET: text(
        "Mappen er ikke avsluttet, eller registreringen ikke arkivert. Avslutt den først."
    ),
    Grunn.UTEN_VEDTAK: text(
        "Registreringen skal kasseres, men dokumentene har ikke noe vedtak. Sett kassasjon på dem."
    ),
    Grunn.SKAL_VURDERES: text(
        "Dokumentene skal vurderes. Se på hvert av dem, sett kassasjonsvedtak til K eller B, og lag"
        " en ny liste."
    ),
    Grunn.FYSISK: text(
        "Dokumentene er helt eller delvis på papir. Makuler papiret og sett dokumentmedium til E."
    ),
    Grunn.IKKE_FORFALT: text("Dokumentene skal ikke kasseres lenger, eller først senere."),
    Grunn.ENDRET: text(
        "Vedtaket eller filene er endret etter at listen ble laget. Ta dem med på en ny liste."
    ),
    Grunn.KASSERT: text("Dokumentene er kassert alt."),
}


@dataclass(frozen=True)
class Moment:
    """What reasons depend on: until when a list goes, what it is of, and what time it is now."""

    til: datetime
    vedtak: str
    now: datetime

    def is_due(self, rows: Any) -> ColumnElement[bool]:  # noqa: ANN401  an entity or its alias
        """Say that a unit is decided of so, and due by then (M450, M452)."""
        held = type_coerce(rows.kassasjon, JSONB())
        date = cast(held["kassasjonsdato"].astext, DateTime(timezone=True))
        decided = held["kassasjonsvedtak"]["kode"].astext == self.vedtak
        return func.coalesce(and_(decided, date <= self.til), false())


def has_files() -> ColumnElement[bool]:
    """Say that bytes of a document are in storage."""
    return exists().where(
        Dokumentobjekt.dokumentbeskrivelse_ref == Dokumentbeskrivelse.system_id,
        Dokumentobjekt.lagringsnoekkel.is_not(None),
    )


def reason(moment: Moment) -> ColumnElement[Any]:
    """Give the gravest reason why a dokumentbeskrivelse is left out; null where there is none."""
    disposed = and_(Dokumentbeskrivelse.utfoert_kassasjon.is_not(None), not_(has_files()))
    undecided = Dokumentbeskrivelse.kassasjon.is_(None)
    return case(
        (disposed, literal(Grunn.KASSERT)),
        (_is_kept(moment), literal(Grunn.BEVARINGSPAALEGG)),
        (_is_blocked(moment), literal(Grunn.SPERRET)),
        (_is_graded(), literal(Grunn.GRADERT)),
        (_is_needed_elsewhere(moment), literal(Grunn.DELT)),
        (_is_referred_to(moment), literal(Grunn.HENVIST)),
        (_is_precedent(), literal(Grunn.PRESEDENS)),
        (_is_open(), literal(Grunn.IKKE_AVSLUTTET)),
        (undecided, literal(Grunn.UTEN_VEDTAK)),
        (not_(moment.is_due(Dokumentbeskrivelse)), literal(Grunn.IKKE_FORFALT)),
        (literal(moment.vedtak == VURDERES), literal(Grunn.SKAL_VURDERES)),
        (
            kode_of(Dokumentbeskrivelse.dokumentmedium) != ELEKTRONISK,
            literal(Grunn.FYSISK),
        ),
    )


def _entries(name: str, *more: type[Any]) -> tuple[Any, Select[Any]]:
    """Select the registreringer that a document is in, of whatever arkivdel."""
    entry, pairs = aliased(Registrering, name=f"entry_{name}"), attachments.alias(f"tie_{name}")
    tied = (
        select(literal(1))
        .select_from(pairs, entry, *more)
        .where(
            pairs.c.dokumentbeskrivelse_ref == Dokumentbeskrivelse.system_id,
            pairs.c.tenant_id == entry.tenant_id,
            pairs.c.registrering_ref == entry.system_id,
        )
        .correlate(Dokumentbeskrivelse)
    )
    return entry, tied


def _is_kept(moment: Moment) -> ColumnElement[bool]:
    """Say that an order holds over an entry, or over anything that it is in or belongs to."""
    entry, tied = _entries("kept", Bevaringspaalegg)
    owners = (
        Bevaringspaalegg.arkivdel_ref,
        Bevaringspaalegg.klasse_ref,
        Bevaringspaalegg.mappe_ref,
        Bevaringspaalegg.registrering_ref,
    )
    return tied.where(
        or_(
            *(owner == func.any(entry.omfang) for owner in owners),
            Bevaringspaalegg.arkivdel_ref == entry.referanse_arkivdel,
        ),
        holds_in_sql(Bevaringspaalegg.gyldig_fra, Bevaringspaalegg.gyldig_til, moment.now),
    ).exists()


def _is_blocked(moment: Moment) -> ColumnElement[bool]:
    entry, tied = _entries("blocked", Sperring)
    owners = (Sperring.mappe_ref, Sperring.registrering_ref)
    return tied.where(
        or_(*(owner == func.any(entry.omfang) for owner in owners)),
        holds_in_sql(Sperring.gyldig_fra, Sperring.gyldig_til, moment.now),
    ).exists()


def _is_graded() -> ColumnElement[bool]:
    entry, tied = _entries("graded")
    above = tied.where(entry.gradert.is_not(None)).exists()
    return or_(Dokumentbeskrivelse.gradert.is_not(None), above)


def _is_needed_elsewhere(moment: Moment) -> ColumnElement[bool]:
    """Say that one of several entries that a document is in is not due (GUIDE 20, 19)."""
    entry, tied = _entries("needing")
    other = attachments.alias("tie_other")
    shared = exists().where(
        other.c.dokumentbeskrivelse_ref == Dokumentbeskrivelse.system_id,
        other.c.tenant_id == entry.tenant_id,
        other.c.registrering_ref != entry.system_id,
    )
    return tied.where(not_(moment.is_due(entry)), shared.correlate_except(other)).exists()


def _is_referred_to(moment: Moment) -> ColumnElement[bool]:
    """Say that a registrering or mappe that is not due itself refers to an entry, or above it."""
    entry, tied = _entries("referred", Kryssreferanse)
    named = (Kryssreferanse.til_registrering_ref, Kryssreferanse.til_mappe_ref)
    return tied.where(
        or_(*(end == func.any(entry.omfang) for end in named)),
        or_(
            _lasts(Registrering, Kryssreferanse.fra_registrering_ref, moment),
            _lasts(Mappe, Kryssreferanse.fra_mappe_ref, moment),
        ),
    ).exists()


def _lasts(
    model: type[Registrering | Mappe],
    reference: Any,  # noqa: ANN401  a mapped column
    moment: Moment,
) -> ColumnElement[bool]:
    """Say that what a reference names is not due."""
    named = aliased(model)
    return exists().where(named.system_id == reference, not_(moment.is_due(named)))


def _is_precedent() -> ColumnElement[bool]:
    """Say that a presedens that is followed is of an entry, or of the case it is in."""
    entry, tied = _entries("precedent")
    of_entry = _has_presedens("registrering", entry.system_id)
    return tied.where(or_(of_entry, _has_presedens("mappe", func.any(entry.omfang)))).exists()


def _has_presedens(one: str, system_id: Any) -> ColumnElement[bool]:  # noqa: ANN401  a mapped column
    pairs: FromClause = Base.metadata.tables[f"{one}_presedens"].alias()
    followed = aliased(Presedens)
    return exists().where(
        pairs.c[f"{one}_ref"] == system_id,
        pairs.c.tenant_id == followed.tenant_id,
        pairs.c.presedens_ref == followed.system_id,
        kode_of(followed.presedens_status) == GJELDENDE,
    )


def _is_open() -> ColumnElement[bool]:
    """Say that an entry is in a mappe that is open, or in none and not archived (5.4.7)."""
    entry, tied = _entries("open")
    around = aliased(Mappe, name="around")
    open_mappe = exists().where(
        around.system_id == entry.mappe_ref, around.avsluttet_dato.is_(None)
    )
    alone = and_(entry.mappe_ref.is_(None), entry.arkivert_dato.is_(None))
    return tied.where(or_(open_mappe, alone)).exists()

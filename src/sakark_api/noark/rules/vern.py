"""What the core adds to a unit's grading, screening, disposal and signature."""

from typing import Any, Final

from sqlalchemy import inspect

from sakark_api.errors import Conflict, Invalid
from sakark_api.noark.model import TenantRow
from sakark_api.noark.names import to_wire
from sakark_api.noark.resource import Change
from sakark_api.noark.rules.frysing import value_before
from sakark_api.noark.rules.gradering import RANK
from sakark_api.noark.rules.kassasjon import date_disposal
from sakark_api.noark.rules.skjerming import lapsing
from sakark_api.noark.values import NORWAY, Kode, Value
from sakark_api.noark.verdier import (
    ElektroniskSignatur,
    Gradering,
    Skjerming,
)
from sakark_api.texts import text

__all__ = ["complete_values", "give_disposal_date"]

_LASTING: Final = frozenset({"utfoert_kassasjon", "sletting", "elektronisk_signatur"})
"""Values whose dates never change once they are set, and so stay."""

PARAGRAPH: Final = "§"
"""What the name of a restriction has when it says by which provision something is exempt."""


def complete_values(change: Change, unit: TenantRow) -> None:
    """Fill in the parts of new and changed values that only the core may set.

    What a client sends in those parts is not used: they are taken from the value before, when
    there was one of the same kind, else from now and the caller.
    """
    for name, (fill, given) in _FILLERS.items():
        history = inspect(unit).attrs[name].history if hasattr(unit, name) else None
        if history is None or not history.has_changes():
            continue
        before = history.deleted[0] if history.deleted else None
        if getattr(unit, name) is None:
            refuse_removal(name, before)
            continue
        setattr(unit, name, fill(change, unit, getattr(unit, name), before, given))


def refuse_removal(name: str, before: Value | None) -> None:
    """Keep what was said of a deletion, a disposal or a signature (M613, M622, M630)."""
    if before is not None and name in _LASTING:
        raise Conflict(text("Feltet {felt} er satt og kan ikke endres.", felt=to_wire(name)))


def give_disposal_date(change: Change, unit: TenantRow) -> None:
    """Date the disposal from the closing, where it is not dated by hand (M452; GUIDE 14.9).

    What is reopened is dated anew when it closes again. Runs after the rules that close units.
    """
    del change
    if hasattr(unit, "kassasjon") and hasattr(unit, "avsluttet_dato"):
        date_disposal(unit, unit.avsluttet_dato, value_before(unit, "avsluttet_dato"))


def _stamp(
    change: Change, unit: Any, value: Value, before: Value | None, given: tuple[str, str, str]
) -> Value:
    """Say when and by whom, or keep what was said when the value was first given."""
    del unit
    day, person, reference = given
    if before is not None and getattr(before, day) is not None:
        return value.model_copy(update={name: getattr(before, name) for name in given})
    return value.model_copy(
        update={
            day: change.now.astimezone(NORWAY),
            person: change.actor.navn,
            reference: change.actor.system_id,
        }
    )


def _grade(
    change: Change, unit: Any, value: Gradering, before: Gradering | None, given: Any
) -> Value:
    """Stamp a grading anew when its kode changes; a lower one says who lowered it (M624–M627)."""
    lowering = ("nedgraderingsdato", "nedgradert_av", "referanse_nedgradert_av")
    cleared = value.model_copy(update=dict.fromkeys(lowering))
    if before is None:
        return _stamp(change, unit, cleared, None, given)
    if before.graderingskode.kode == value.graderingskode.kode:
        kept = value.model_copy(update={name: getattr(before, name) for name in lowering})
        return _stamp(change, unit, kept, before, given)
    if is_lower(value.graderingskode, before.graderingskode):
        return _stamp(change, unit, _stamp(change, unit, cleared, None, lowering), before, given)
    return _stamp(change, unit, cleared, None, given)


def is_lower(kode: Kode, than: Kode) -> bool:
    """Tell whether a grading is lower than another; codes of the kommune's own are not ranked."""
    lower, upper = RANK.get(kode.kode), RANK.get(than.kode)
    return lower is not None and upper is not None and lower < upper


def _screen(
    change: Change, unit: Any, value: Skjerming, before: Skjerming | None, given: Any
) -> Value:
    """Name the ground of a screening and compute when it lapses (M501, M505)."""
    del given
    hjemmel = value.skjermingshjemmel
    if hjemmel is None or _comes_of_another_code(value, before):
        hjemmel = ground_of(value.tilgangsrestriksjon)
    named = value.model_copy(update={"skjermingshjemmel": hjemmel})
    return lapsing(named, unit.opprettet_dato or change.now)


def ground_of(kode: Kode) -> str:
    """Give the ground that a code names; refuse one that names no paragraph (M501, GUIDE 20, 32).

    What is exempt must say by which provision, and a code such as "Klientsaker" does not.
    """
    if kode.kodenavn is None or PARAGRAPH not in kode.kodenavn:
        raise Invalid(
            text(
                "Tilgangsrestriksjonen {kode} sier ikke hvilken paragraf som gjelder."
                " Oppgi skjermingshjemmel.",
                kode=kode.kode,
            )
        )
    return kode.kodenavn


def _comes_of_another_code(value: Skjerming, before: Skjerming | None) -> bool:
    """Tell whether the ground is the one that the code before this change gave."""
    return (
        before is not None
        and before.tilgangsrestriksjon.kode != value.tilgangsrestriksjon.kode
        and value.skjermingshjemmel == before.tilgangsrestriksjon.kodenavn
    )


def _verify(
    change: Change,
    unit: Any,
    value: ElektroniskSignatur,
    before: ElektroniskSignatur | None,
    given: tuple[str, ...],
) -> Value:
    """Say who registered the verification of a signature, once (M622, M623)."""
    del unit
    if before is not None:
        return value.model_copy(update={name: getattr(before, name) for name in given})
    return value.model_copy(
        update={
            "verifisert_av": change.actor.navn,
            "referanse_verifisert_av": change.actor.system_id,
        }
    )


_FILLERS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "gradering": (_grade, ("graderingsdato", "gradert_av", "referanse_gradert_av")),
    "skjerming": (_screen, ()),
    "utfoert_kassasjon": (_stamp, ("kassert_dato", "kassert_av", "referanse_kassert_av")),
    "sletting": (_stamp, ("slettet_dato", "slettet_av", "referanse_slettet_av")),
    "elektronisk_signatur": (
        _verify,
        ("verifisert_dato", "verifisert_av", "referanse_verifisert_av"),
    ),
}

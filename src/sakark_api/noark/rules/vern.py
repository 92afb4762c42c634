"""What the core adds to a unit's grading, screening, disposal and signature."""

from datetime import datetime
from typing import Any

from sqlalchemy import inspect

from sakark_api.noark.model import TenantRow
from sakark_api.noark.resource import Change
from sakark_api.noark.rules.skjerming import lapsing
from sakark_api.noark.values import NORWAY, Value, years_after
from sakark_api.noark.verdier import (
    ElektroniskSignatur,
    Gradering,
    Kassasjon,
    Skjerming,
)

__all__ = ["complete_values", "give_disposal_date"]


def complete_values(change: Change, unit: TenantRow) -> None:
    """Fill in the parts of new and changed values that only the core may set.

    What a client sends in those parts is not used: they are taken from the value before, when
    there was one of the same kind, else from now and the caller.
    """
    for name, (fill, given) in _FILLERS.items():
        history = inspect(unit).attrs[name].history if hasattr(unit, name) else None
        if history is None or not history.has_changes() or getattr(unit, name) is None:
            continue
        before = history.deleted[0] if history.deleted else None
        setattr(unit, name, fill(change, unit, getattr(unit, name), before, given))


def give_disposal_date(change: Change, unit: TenantRow) -> None:
    """Date the disposal from the closing, where it is not dated by hand (M452; GUIDE 14.9).

    Runs after the rules that close units.
    """
    del change
    value: Kassasjon | None = getattr(unit, "kassasjon", None)
    closed: datetime | None = getattr(unit, "avsluttet_dato", None)
    if value is None or value.kassasjonsdato or value.bevaringstid is None or closed is None:
        return
    dated = value.model_copy(update={"kassasjonsdato": years_after(closed, value.bevaringstid)})
    setattr(unit, "kassasjon", dated)  # noqa: B010  any unit that can be disposed of


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
    """Stamp a grading anew when its kode changes (M624, M625)."""
    same = before is not None and before.graderingskode.kode == value.graderingskode.kode
    cleared = value.model_copy(
        update={
            "nedgraderingsdato": before.nedgraderingsdato if before and same else None,
            "nedgradert_av": before.nedgradert_av if before and same else None,
            "referanse_nedgradert_av": before.referanse_nedgradert_av if before and same else None,
        }
    )
    return _stamp(change, unit, cleared, before if same else None, given)


def _screen(change: Change, unit: Any, value: Skjerming, before: Any, given: Any) -> Value:
    """Name the ground of a screening and compute when it lapses (M501, M505)."""
    del before, given
    hjemmel = value.skjermingshjemmel or value.tilgangsrestriksjon.kodenavn
    named = value.model_copy(update={"skjermingshjemmel": hjemmel})
    return lapsing(named, unit.opprettet_dato or change.now)


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

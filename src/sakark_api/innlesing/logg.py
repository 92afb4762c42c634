"""What an import says in the log: that it made units, and what others have changed of them before.

The log of the extraction comes in as lines of the unit it is of, with its own time and author, and
says that it was read in. The chain seals it with the moment it came: what happened before that, the
archive has from others.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from sakark_api.deponering.pakke import ENDRINGSLOGG
from sakark_api.innlesing.avvik import Avvik
from sakark_api.innlesing.mellomlager import Lest, Mellomlager
from sakark_api.innlesing.navn import Oppdrag
from sakark_api.innlesing.rad import Row
from sakark_api.innlesing.verdi import UKJENT, Uleselig, read_value
from sakark_api.noark.logging.endringslogg import ENDRET, OPPRETTET

__all__ = ["line_of_import", "lines_of"]

_UNITS: Final = (
    "arkiv",
    "arkivdel",
    "klassifikasjonssystem",
    "klasse",
    "mappe",
    "registrering",
    "dokumentbeskrivelse",
    "dokumentobjekt",
)
_NAMES: Final = {OPPRETTET: "Opprettet", ENDRET: "Endret"}
_NOTHING: Final = "NULL"
"""What stands for no value where the schema demands one."""


def line_of_import(oppdrag: Oppdrag, of: tuple[str, UUID], about: str, name: str, mark: str) -> Row:
    """Make the line that a batch is known by; `verify` names rows that came without one."""
    return {
        **_line(oppdrag, OPPRETTET),
        "system_id": uuid5(oppdrag.innlesing, mark),
        "gjelder": of[0],
        "referanse_arkivenhet": of[1],
        "endret_dato": oppdrag.naa,
        "endret_av": name,
        "beskrivelse": about,
    }


def lines_of(
    changes: Sequence[Lest], lager: Mellomlager, oppdrag: Oppdrag, about: str
) -> Iterator[Row | Avvik]:
    """Make lines of changes; what is of no unit here is a fault."""
    # Asked for at once: there are several changes of most units, and many units.
    units = lager.named(_UNITS, {_changed(one) for one in changes})
    alike = {**_line(oppdrag, ENDRET), "beskrivelse": about}
    for one in changes:
        unit, moment = units.get(_changed(one)), _moment(one.first("endretDato"))
        if unit is None or unit.system_id is None or moment is None:
            yield from _kept(one)
            continue
        yield {
            **alike,
            "system_id": uuid5(oppdrag.innlesing, f"endring/{one.nr}"),
            "gjelder": unit.type,
            "referanse_arkivenhet": unit.system_id,
            "referanse_metadata": one.first("referanseMetadata") or UKJENT,
            "endret_dato": moment,
            "endret_av": one.first("endretAv") or UKJENT,
            "tidligere_verdi": _value(one.first("tidligereVerdi")),
            "ny_verdi": _value(one.first("nyVerdi")),
        }


def _changed(one: Lest) -> str:
    """Name the unit that a change is of."""
    return (one.first("referanseArkivenhet") or "").strip()


def _kept(one: Lest) -> Iterator[Avvik]:
    place = f"endring[{one.first('referanseArkivenhet')}]"
    for name, value in one.values():
        yield Avvik("I70", ENDRINGSLOGG, one.linje, f"{place}/{name}", value)


def _line(oppdrag: Oppdrag, event: str) -> Row:
    """Give what lines have in common."""
    return {
        "version": 1,
        "type": "hendelseslogg",
        "kode": event,
        "hendelsetype": {"kode": event, "kodenavn": _NAMES[event]},
        "referanse_endret_av": oppdrag.innlesing,
        "hendelse_dato": oppdrag.naa,
    }


def _moment(value: str | None) -> datetime | None:
    try:
        found: datetime | None = read_value("endretDato", datetime, value or "")
    except Uleselig:
        return None
    return found


def _value(value: str | None) -> str | None:
    return None if value in (None, "", _NOTHING) else value

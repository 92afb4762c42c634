"""The controls of arkiver, klasser, mapper, registreringer and dokumenter (N5.04-N5.29)."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Final

from sakark_api.deponering.kontroll.innhold import Innhold
from sakark_api.deponering.kontroll.regel import (
    Alvor,
    Funn,
    Kontroll,
    Label,
    Rule,
    Shown,
    Sted,
    Telling,
)
from sakark_api.deponering.lesing import Enhet
from sakark_api.texts import Text, text

__all__ = ["KONTROLLER", "day_of", "first_and_last", "is_expired"]

_UTGAAR = "Utgår"
_AVSLUTTET = ("Avsluttet", _UTGAAR)
_ARKIVERT = ("Arkivert", _UTGAAR)
_FERDIGSTILT = "Dokumentet er ferdigstilt"
_PHYSICAL = ("fysisk medium", "fysisk arkiv")
_DATE = re.compile(
    r"(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)


def is_expired(unit: Enhet) -> bool:
    """Tell whether a saksmappe or a journalpost itself is Utgår."""
    return _UTGAAR in (unit.get("saksstatus"), unit.get("journalstatus"))


def day_of(written: str | None) -> str | None:
    """Give the day of a date or dateTime; None for what is neither."""
    found = _DATE.fullmatch(written.strip()) if written else None
    if found is None:
        return None
    try:
        date.fromisoformat(found[1])
    except ValueError:
        return None
    return found[1]


def first_and_last(telling: Telling, _innhold: Innhold) -> Shown:
    """Show the first and the last day of those counted."""
    if telling:
        yield text("første"), min(telling)
        yield text("siste"), max(telling)


def _level(unit: Enhet) -> str:
    """Tell how deep a unit lies in units of its own kind, from 1."""
    return str(sum(one.kind == unit.kind for one in unit.upwards()))


def _type(unit: Enhet) -> str:
    return unit.type.rpartition(":")[2]


def _type_and_level(unit: Enhet) -> str:
    return f"{_type(unit)}/{_level(unit)}"


def _place_of_parent(unit: Enhet) -> str:
    return (unit.parent.system_id if unit.parent else None) or ""


def _parent(unit: Enhet) -> str:
    return unit.parent.kind if unit.parent else ""


def _year(unit: Enhet) -> str:
    return (day_of(unit.get("opprettetDato")) or "")[:4]


def _class_above(unit: Enhet) -> str | None:
    """Give the klasseID, when the unit lies directly under a klasse."""
    parent = unit.parent
    return parent.get("klasseID") or "" if parent and parent.kind == "klasse" else None


def _class_and_level(klasse: Enhet) -> str:
    return f"{_system(klasse)}/{_level(klasse)}"


def _system(klasse: Enhet) -> str:
    above = klasse.above("klassifikasjonssystem")
    return (above.system_id if above else None) or ""


def _empty_class(klasse: Enhet) -> str | None:
    if any(klasse.has(kind) for kind in ("klasse", "mappe", "registrering")):
        return None
    return _system(klasse)


def _primary_system(klasse: Enhet, innhold: Innhold) -> None:
    """Note that a klassifikasjonssystem is the primary: it has mapper or registreringer."""
    if klasse.has("mappe") or klasse.has("registrering"):
        innhold.primaere.add(_system(klasse))


def _in_primary(telling: Telling, innhold: Innhold) -> Shown:
    return [(system, count) for system, count in telling.items() if system in innhold.primaere]


def _with_both(kind: str) -> Label:
    def label(klasse: Enhet) -> str | None:
        both = klasse.has("klasse") and klasse.has(kind)
        return klasse.get("klasseID") or "" if both else None

    return label


def _refuse_both(kind: str, message: Text) -> Rule:
    def fault(klasse: Enhet) -> Text | None:
        return message if klasse.has("klasse") and klasse.has(kind) else None

    return fault


def _field(name: str) -> Label:
    """Count units by a field; those without it are not counted."""

    def label(unit: Enhet) -> str | None:
        return unit.get(name)

    return label


def _refuse_other(name: str, allowed: Sequence[str], says: Callable[[str], Text]) -> Rule:
    def fault(unit: Enhet) -> Text | None:
        value = unit.get(name)
        return None if value is None or value in allowed else says(value)

    return fault


def _without(*kinds: str) -> Label:
    def label(unit: Enhet) -> str | None:
        return None if any(unit.has(kind) for kind in kinds) else _type(unit)

    return label


def _journalposttype(registrering: Enhet) -> str | None:
    return registrering.get("journalposttype") if registrering.type == "journalpost" else None


def _refuse_empty_type(registrering: Enhet) -> Text | None:
    if _journalposttype(registrering) != "":
        return None
    return text("Journalposten har ingen journalposttype. Sett den.")


def _refuse_bad_date(registrering: Enhet) -> Text | None:
    written = registrering.get("opprettetDato")
    if written is None or day_of(written):
        return None
    return text("opprettetDato «{dato}» er ingen dato. Rett den.", dato=written)


def _without_document(beskrivelse: Enhet) -> str | None:
    if beskrivelse.has("dokumentobjekt"):
        return None
    medium = (beskrivelse.get("dokumentmedium") or "").lower()
    return None if medium in _PHYSICAL else "dokumentbeskrivelse"


def _refuse_other_extension(objekt: Enhet) -> Text | None:
    """Refuse a format that is not the file's extension, in whichever case (N5.29)."""
    written, reference = objekt.get("format"), objekt.get("referanseDokumentfil")
    if written is None or reference is None:
        return None
    extension = reference.replace("\\", "/").rpartition("/")[2].rpartition(".")[2]
    if "." in reference and extension.lower() == written.lower():
        return None
    return text(
        "Formatet «{format}» er ikke filendelsen til {fil}. Skriv endelsen i format, og formatets"
        " navn i formatDetaljer.",
        format=written,
        fil=reference,
    )


def _always(message: Text) -> Rule:
    def remark(_unit: Enhet) -> Text | None:
        return message

    return remark


def _as_documented(
    number: int, kind: str, *, missing_is_zero: bool
) -> Callable[[Innhold], Iterator[Funn]]:
    """Hold the number of units against what arkivuttrekk.xml says (N5.10, N5.16)."""

    def whole(innhold: Innhold) -> Iterator[Funn]:
        found = innhold.telling(number).total
        said = innhold.pakke.uttrekk.antall.get(kind, "").strip()
        if said.isdecimal() and int(said) == found:
            return
        if not said and missing_is_zero and not found:
            return
        yield Funn(
            Alvor.FEIL,
            text(
                "arkivuttrekk.xml oppgir «{oppgitt}» som antall av {enhet}, men det er {funnet}."
                " Lag uttrekket på nytt, eller rett tallet.",
                oppgitt=said,
                enhet=kind,
                funnet=found,
            ),
            Sted(innhold.pakke.description),
        )

    return whole


KONTROLLER: Final[Sequence[Kontroll]] = (
    Kontroll(4, text("Antall arkiv"), ["arkiv"], counts=_type_and_level),
    Kontroll(5, text("Antall arkivdeler"), ["arkivdel"], counts=_place_of_parent),
    Kontroll(6, text("Status på arkivdeler"), ["arkivdel"], counts=_field("arkivdelstatus")),
    Kontroll(
        7,
        text("Antall klassifikasjonssystem"),
        ["klassifikasjonssystem"],
        counts=_place_of_parent,
    ),
    Kontroll(8, text("Antall klasser"), ["klasse"], counts=_class_and_level),
    Kontroll(
        9,
        text("Klasser i det primære klassifikasjonssystemet uten noe under seg"),
        ["klasse"],
        counts=_empty_class,
        observe=_primary_system,
        shows=_in_primary,
    ),
    Kontroll(
        10,
        text("Antall mapper"),
        ["mappe"],
        counts=_type_and_level,
        whole=_as_documented(10, "mappe", missing_is_zero=True),
    ),
    Kontroll(11, text("Antall mapper for hvert år"), ["mappe"], counts=_year),
    Kontroll(
        12,
        text("Klasser med både underklasser og mapper"),
        ["klasse"],
        counts=_with_both("mappe"),
        fault=_refuse_both(
            "mappe",
            text("Klassen har både underklasser og mapper. Flytt mappene til en underklasse."),
        ),
    ),
    Kontroll(13, text("Antall mapper for hver klasse"), ["mappe"], counts=_class_above),
    Kontroll(
        14,
        text("Mapper uten registreringer eller undermapper"),
        ["mappe"],
        counts=_without("registrering", "mappe"),
        remark=_always(text("Mappen er tom. Se om noe mangler.")),
        awaits=True,
    ),
    Kontroll(
        15,
        text("Antall av ulike saksmappestatuser"),
        ["mappe"],
        counts=_field("saksstatus"),
        fault=_refuse_other(
            "saksstatus",
            _AVSLUTTET,
            lambda status: text(
                "Saken har status «{status}». Avslutt den, eller sett den til Utgår.",
                status=status,
            ),
        ),
    ),
    Kontroll(
        16,
        text("Antall registreringer"),
        ["registrering"],
        counts=_type,
        whole=_as_documented(16, "registrering", missing_is_zero=False),
    ),
    Kontroll(
        17,
        text("Antall av ulike journalposttyper"),
        ["registrering"],
        counts=_journalposttype,
        fault=_refuse_empty_type,
    ),
    Kontroll(18, text("Antall registreringer for hvert år"), ["registrering"], counts=_year),
    Kontroll(
        19,
        text("Klasser med både underklasser og registreringer"),
        ["klasse"],
        counts=_with_both("registrering"),
        fault=_refuse_both(
            "registrering",
            text(
                "Klassen har både underklasser og registreringer. Flytt registreringene til en"
                " underklasse."
            ),
        ),
    ),
    Kontroll(
        20,
        text("Antall registreringer direkte under hver klasse"),
        ["registrering"],
        counts=_class_above,
    ),
    Kontroll(
        21,
        text("Registreringer uten dokumentbeskrivelse"),
        ["registrering"],
        counts=_without("dokumentbeskrivelse"),
        remark=_always(text("Registreringen har ingen dokumentbeskrivelse. Se om noe mangler.")),
        awaits=True,
    ),
    Kontroll(
        22,
        text("Antall av ulike journalstatuser"),
        ["registrering"],
        counts=_field("journalstatus"),
        fault=_refuse_other(
            "journalstatus",
            _ARKIVERT,
            lambda status: text(
                "Journalposten har status «{status}». Arkiver den, eller sett den til Utgår.",
                status=status,
            ),
        ),
    ),
    Kontroll(23, text("Antall dokumentbeskrivelser"), ["dokumentbeskrivelse"], counts=_parent),
    Kontroll(
        24,
        text("Dokumentbeskrivelser uten dokumentobjekt"),
        ["dokumentbeskrivelse"],
        counts=_without_document,
        remark=_always(text("Dokumentet har ingen fil. Se om den mangler.")),
        awaits=True,
    ),
    Kontroll(
        25,
        text("Antall av ulike dokumentstatuser"),
        ["dokumentbeskrivelse"],
        counts=_field("dokumentstatus"),
        fault=_refuse_other(
            "dokumentstatus",
            (_FERDIGSTILT,),
            lambda status: text(
                "Dokumentet har status «{status}». Ferdigstill det.", status=status
            ),
        ),
    ),
    Kontroll(26, text("Antall dokumentobjekter"), ["dokumentobjekt"], counts=_parent),
    Kontroll(
        27,
        text("Datoer for første og siste registrering"),
        ["registrering"],
        counts=lambda registrering: day_of(registrering.get("opprettetDato")),
        fault=_refuse_bad_date,
        shows=first_and_last,
    ),
    Kontroll(
        29,
        text("Antall av ulike dokumentformater"),
        ["dokumentobjekt"],
        counts=_field("format"),
        fault=_refuse_other_extension,
    ),
)

"""The public journal in the shape that eInnsyn's API takes (felleslosninger/einnsyn-api-spec).

eInnsyn is given what it publishes, so this is for whoever gives it: a case and an entry at a time.
Fields that end in `Sensitiv` are shown for a year, the others for good. Both are what everybody
may see here; names of persons are in the former only.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from sakark_api.journal.innfoering import Innfoering, Part

__all__ = ["einnsyn_line"]

_TYPES: Final = {
    "I": "inngaaende_dokument",
    "U": "utgaaende_dokument",
    "N": "organinternt_dokument_for_oppfoelging",
    "X": "organinternt_dokument_uten_oppfoelging",
    "S": "saksframlegg",
}
_UNKNOWN: Final = "ukjent"
_ROLES: Final = {
    "EA": "avsender",
    "EM": "mottaker",
    "IA": "internAvsender",
    "IM": "internMottaker",
}
"""The roles whose names eInnsyn is known to use; who has another is left out."""

_DECODER: Final = msgspec.json.Decoder(Innfoering)


def einnsyn_line(nameless: str, named: str) -> bytes:
    """Write an entry with its case, given without names of persons and with them."""
    lasting, now = _DECODER.decode(nameless), _DECODER.decode(named)
    line = {"saksmappe": _saksmappe(lasting, now), "journalpost": _journalpost(lasting, now)}
    return msgspec.json.encode(line) + b"\n"


def _saksmappe(lasting: Innfoering, now: Innfoering) -> Mapping[str, Any]:
    return {
        "systemId": now.saksmappe.system_id,
        "offentligTittel": lasting.saksmappe.offentlig_tittel,
        "offentligTittelSensitiv": now.saksmappe.offentlig_tittel,
        "saksaar": now.saksmappe.saksaar,
        "sakssekvensnummer": now.saksmappe.sakssekvensnummer,
    }


def _journalpost(lasting: Innfoering, now: Innfoering) -> Mapping[str, Any]:
    given = {
        "systemId": now.system_id,
        "offentligTittel": lasting.offentlig_tittel,
        "offentligTittelSensitiv": now.offentlig_tittel,
        "journalaar": now.journalaar,
        "journalsekvensnummer": now.journalsekvensnummer,
        "journalpostnummer": now.journalpostnummer,
        "journalposttype": _TYPES.get(now.journalposttype.kode, _UNKNOWN),
        "journaldato": now.journaldato,
        "korrespondansepart": list(_correspondents(lasting.korrespondansepart, now)),
    }
    if now.dokumentets_dato is not None:
        given["dokumentetsDato"] = now.dokumentets_dato
    if now.tilgangsrestriksjon is not None:
        given["skjerming"] = {
            "tilgangsrestriksjon": now.tilgangsrestriksjon.name,
            **({"skjermingshjemmel": now.skjermingshjemmel} if now.skjermingshjemmel else {}),
        }
    return given


def _correspondents(lasting: list[Part], now: Innfoering) -> Iterator[Mapping[str, Any]]:
    for without, whole in zip(lasting, now.korrespondansepart, strict=True):
        role = _ROLES.get(whole.korrespondanseparttype.kode)
        if role is not None:
            yield {
                "korrespondanseparttype": role,
                "korrespondansepartNavn": without.korrespondansepart_navn,
                "korrespondansepartNavnSensitiv": whole.korrespondansepart_navn,
            }

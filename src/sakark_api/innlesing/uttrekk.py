"""A Noark 5 extraction as it is read in: its version, its digest, and what ADDML says of it."""

import hashlib
from collections.abc import Iterator, Mapping
from functools import partial

from sakark_api.deponering.pakke import (
    ARKIVSTRUKTUR,
    ENDRINGSLOGG,
    VERSJONER,
    XML_FILER,
    Pakke,
)
from sakark_api.errors import Invalid
from sakark_api.innlesing.avvik import Avvik
from sakark_api.innlesing.kildepakke import Kildepakke, digest_of
from sakark_api.innlesing.mellomlager import Mellomlager
from sakark_api.innlesing.ordbok import UTTREKK
from sakark_api.texts import text

__all__ = ["source_of_uttrekk"]


def source_of_uttrekk(pakke: Pakke) -> Kildepakke:
    """Give what is read of an extraction; raises `Invalid` for one without its structure."""
    structure = pakke.file(ARKIVSTRUKTUR)
    if structure is None:
        raise Invalid(
            text("Pakken har ikke arkivstruktur.xml. Uten den er det ingenting å lese inn.")
        )
    digests = {name: digest_of(path) for name in XML_FILER if (path := pakke.file(name))}
    whole = "".join(f"{name}:{one}\n" for name, one in sorted(digests.items()))
    return Kildepakke(
        navn=pakke.root.name,
        fil=ARKIVSTRUKTUR,
        struktur=structure,
        logg=pakke.file(ENDRINGSLOGG),
        ordbok=UTTREKK,
        versjon=_version(pakke),
        fingeravtrykk=hashlib.sha256(whole.encode()).hexdigest(),
        finn=pakke.document,
        feil=partial(_faults, pakke, digests),
    )


def _version(pakke: Pakke) -> str:
    """Give the version that a package is read as: the one it says, or the nearest known."""
    told = pakke.uttrekk.version or ""
    return next((one for one in VERSJONER if told[:1] == one[:1]), VERSJONER[-1])


def _faults(pakke: Pakke, digests: Mapping[str, str], lager: Mellomlager) -> Iterator[Avvik]:
    if pakke.uttrekk.version not in VERSJONER:
        yield Avvik("I04", pakke.description, 0, "version", pakke.uttrekk.version)
    for one in pakke.uttrekk.dataobjekter:
        name = one.file.name or one.name
        if name not in digests:
            yield Avvik("I01", name, 0, "", None)
        elif (one.file.checksum or "").lower() != digests[name]:
            yield Avvik("I02", name, 0, "checksum", one.file.checksum)
    counted = lager.counts()
    for slag, told in pakke.uttrekk.antall.items():
        number = sum(count for (kind, _, _), count in counted.items() if kind == slag)
        if told != str(number):
            yield Avvik("I03", pakke.description, 0, slag, f"{told} ({number})")

"""The controls of the XML files and their schemas (N5.01-N5.03)."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from sakark_api.deponering.kontroll.innhold import Innhold
from sakark_api.deponering.kontroll.regel import Alvor, Funn, Kontroll, Sted
from sakark_api.deponering.kontroll.validering import MOST_DISTINCT, Brudd, compile_schema, validate
from sakark_api.deponering.pakke import (
    ARKIVSTRUKTUR,
    VERSJONER,
    XML_FILER,
    Dataobjekt,
    Fil,
    Pakke,
)
from sakark_api.deponering.skjema import is_official, skjema_path
from sakark_api.errors import Invalid
from sakark_api.texts import Text, text

__all__ = ["KONTROLLER", "breaches_of"]

_ADDML = "arkivuttrekk.xml"
_ADDML_SCHEMA = "addml.xsd"
_CATALOGUE = "metadatakatalog.xsd"
_SHA_256 = ("SHA-256", "SHA256")


def _documented(pakke: Pakke) -> Iterator[Fil]:
    """List the XML files and schemas that are documented, each name once."""
    seen: set[str | None] = set()
    for objekt in pakke.uttrekk.dataobjekter:
        for file in (objekt.file, *objekt.skjemaer):
            if file.name not in seen:
                seen.add(file.name)
                yield file


def _files_exist(innhold: Innhold) -> Iterator[Funn]:
    """Refuse files that are documented and missing, and what stops the validator (N5.01)."""
    pakke = innhold.pakke
    yield from _description(pakke)
    names = [objekt.file.name for objekt in pakke.uttrekk.dataobjekter]
    if pakke.addml is not None and ARKIVSTRUKTUR not in names:
        yield _of_addml(
            pakke, text("arkivstruktur.xml er ikke oppgitt i arkivuttrekk.xml. Oppgi den.")
        )
    for name in names:
        if name not in XML_FILER:
            unknown = text(
                "Filen {fil} er ukjent for validatoren, som stopper. Fjern den.", fil=name or ""
            )
            yield _of_addml(pakke, unknown)
    for name in {name for name in names if names.count(name) > 1}:
        twice = text(
            "Filen {fil} er oppgitt to ganger, og validatoren stopper. Oppgi den én gang.",
            fil=name or "",
        )
        yield _of_addml(pakke, twice)
    for file in _documented(pakke):
        innhold.telling(1).add(_kind(file))
        if file.name is None or pakke.file(file.name) is None:
            missing = text("Filen er oppgitt i arkivuttrekk.xml, men finnes ikke. Legg den der.")
            yield Funn(Alvor.FEIL, missing, Sted(file.name or _ADDML))


def _kind(file: Fil) -> str:
    return (file.name or "").rpartition(".")[2]


def _description(pakke: Pakke) -> Iterator[Funn]:
    if pakke.addml is None:
        yield Funn(Alvor.FEIL, text("arkivuttrekk.xml mangler. Lag den."), Sted(_ADDML))
        return
    if pakke.addml != _ADDML and pakke.file(_ADDML) is not None:
        both = text("addml.xml blir lest, og ikke arkivuttrekk.xml. Fjern addml.xml.")
        yield Funn(Alvor.MERKNAD, both, Sted(pakke.addml))
    if pakke.file(_ADDML_SCHEMA) is None:
        schema = text("addml.xsd mangler. Legg den i pakken (6.4.20).")
        yield Funn(Alvor.MERKNAD, schema, Sted(_ADDML_SCHEMA))


def _of_addml(pakke: Pakke, message: Text) -> Funn:
    return Funn(Alvor.FEIL, message, Sted(pakke.description))


def _checksums_agree(innhold: Innhold) -> Iterator[Funn]:
    """Hold XML files and schemas against their checksums, each once (N5.02)."""
    for file in _documented(innhold.pakke):
        wrong = _wrong_checksum(innhold.pakke, file)
        innhold.telling(2).add(file.algorithm or "")
        if wrong is not None:
            yield Funn(Alvor.FEIL, wrong, Sted(file.name or _ADDML))


def _wrong_checksum(pakke: Pakke, file: Fil) -> Text | None:
    if file.algorithm not in _SHA_256:
        return text(
            "Algoritmen er «{algoritme}»; bare SHA-256 godtas.", algoritme=file.algorithm or ""
        )
    if not file.checksum:
        return text("Sjekksummen mangler i arkivuttrekk.xml. Oppgi den.")
    path = pakke.file(file.name or "")
    if path is None:
        return text("Filen finnes ikke, og sjekksummen kan ikke kontrolleres.")
    if _sha256(path) != file.checksum.lower():
        return text(
            "Filen har en annen SHA-256 enn den som er oppgitt. Lag sjekksummene når filene er"
            " ferdige, og endre dem ikke siden."
        )
    return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def breaches_of(pakke: Pakke, objekt: Dataobjekt, schemas: Path | None) -> list[Brudd]:
    """Hold a file against its schema; raises `Invalid` when that can't be done.

    What the package lacks of schemas is taken from the folder of official ones, if there is one.
    """

    def find(name: str) -> Path | None:
        return pakke.file(name) or _official(pakke, name, schemas)

    main = find(_main_schema(objekt))
    file = pakke.file(objekt.file.name or "")
    if main is None or file is None:
        raise Invalid(text("Filen eller skjemaet mangler, og filen kan ikke valideres."))
    return validate(file, compile_schema(main, find))


def _official(pakke: Pakke, name: str, schemas: Path | None) -> Path | None:
    if schemas is None:
        return None
    path = skjema_path(schemas, pakke.version, name)
    return path if path.is_file() else None


def _main_schema(objekt: Dataobjekt) -> str:
    return f"{(objekt.file.name or '').removesuffix('.xml')}.xsd"


def _follow_schemas(innhold: Innhold) -> Iterator[Funn]:
    """Tell of breaches of the schemas, and of schemas not listed or not official (N5.03)."""
    pakke = innhold.pakke
    yield from _version_known(pakke)
    for objekt in pakke.uttrekk.dataobjekter:
        if objekt.file.name in XML_FILER:
            yield from _schemas_listed(pakke, objekt)
    for name, brudd in innhold.brudd.items():
        yield from _breaches(innhold, name, brudd)
    yield from _schemas_official(pakke)


def _version_known(pakke: Pakke) -> Iterator[Funn]:
    if pakke.addml is None or pakke.uttrekk.version in VERSJONER:
        return
    yield _of_addml(
        pakke,
        text(
            "Versjonen «{versjon}» er ukjent for validatoren. Skriv {versjoner}; alle 5.x"
            " skrives 5.0.",
            versjon=pakke.uttrekk.version or "",
            versjoner=", ".join(VERSJONER),
        ),
    )


def _schemas_official(pakke: Pakke) -> Iterator[Funn]:
    """Remark upon schemas that are not as they were published; the validator takes them as is."""
    for name in (_ADDML_SCHEMA, _CATALOGUE, *(f"{name[:-4]}.xsd" for name in XML_FILER)):
        path = pakke.file(name)
        if path is not None and not is_official(name, path.read_bytes()):
            changed = text("Skjemaet er et annet enn det offisielle (6.4.18). Legg ved det.")
            yield Funn(Alvor.MERKNAD, changed, Sted(name))


def _schemas_listed(pakke: Pakke, objekt: Dataobjekt) -> Iterator[Funn]:
    listed = {file.name for file in objekt.skjemaer}
    for name in (_main_schema(objekt), _CATALOGUE):
        if name not in listed:
            yield _of_addml(
                pakke,
                text(
                    "Skjemaet {skjema} er ikke oppgitt for {fil}, og validatoren bruker sitt eget."
                    " Oppgi det.",
                    skjema=name,
                    fil=objekt.file.name or "",
                ),
            )


def _breaches(innhold: Innhold, name: str, brudd: Sequence[Brudd]) -> Iterator[Funn]:
    for one in brudd:
        innhold.telling(3).add(name)
        yield Funn(
            Alvor.FEIL,
            text(
                "Filen følger ikke skjemaet: {brudd} (antall: {antall}).",
                brudd=one.message,
                antall=one.count,
            ),
            Sted(name, one.line),
        )
    if len(brudd) >= MOST_DISTINCT:
        more = text("Flere slags brudd vises ikke. Rett disse, og kontroller på nytt.")
        yield Funn(Alvor.MERKNAD, more, Sted(name))


KONTROLLER: Final[Sequence[Kontroll]] = (
    Kontroll(1, text("At XML-filene finnes"), whole=_files_exist),
    Kontroll(2, text("XML-filenes sjekksummer"), whole=_checksums_agree),
    Kontroll(3, text("At XML-filene følger skjemaene"), whole=_follow_schemas),
)

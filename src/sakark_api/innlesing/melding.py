"""An arkivmelding on disk: `arkivmelding.xml`, and the files that it brings beside it."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final
from xml.parsers import expat

from sakark_api.errors import Invalid, Unreadable
from sakark_api.innlesing.avvik import Avvik
from sakark_api.innlesing.kildepakke import Kildepakke, digest_of
from sakark_api.innlesing.mellomlager import Lest, Mellomlager
from sakark_api.innlesing.ordbok import MELDING
from sakark_api.texts import text

__all__ = ["ARKIVMELDING", "message_id", "sender_of", "source_of_melding"]

ARKIVMELDING: Final = "arkivmelding.xml"
_ROOT: Final = "arkivmelding"
_FIKS: Final = "Fiks Arkiv V1"
_VERSJONER: Final[Mapping[str, str]] = {
    "http://www.arkivverket.no/standarder/noark5/arkivmelding": "arkivmelding 1",
    "https://ks-no.github.io/standarder/fiks-protokoll/fiks-arkiv/arkivmelding/opprett/v1": _FIKS,
}
"""The messages that are known, by their namespaces."""
_HEAD: Final = 1 << 16
_COUNT: Final = "antallFiler"


def source_of_melding(folder: Path) -> Kildepakke:
    """Give what is read of a message.

    Raises `Invalid` for a message of a kind that is not known, and `Unreadable` for what is no XML.
    """
    root = Path(os.path.realpath(folder))
    path = root / ARKIVMELDING
    beside = _Filmappe(root)
    versjon = _version(path)
    return Kildepakke(
        navn=root.name,
        fil=ARKIVMELDING,
        struktur=path,
        logg=None,
        ordbok=MELDING,
        versjon=versjon,
        fingeravtrykk=digest_of(path),
        finn=beside.find,
        feil=partial(_faults, beside),
        er_melding=True,
        kvitteres=versjon == _FIKS,
    )


def message_id(lager: Mellomlager) -> str | None:
    """Give what a message is called by whoever sent it; those of Fiks Arkiv are not, in the XML."""
    return lager.hode.first("meldingId") if lager.hode is not None else None


def sender_of(lager: Mellomlager) -> str | None:
    """Give which system a message is from."""
    return lager.hode.first("system") if lager.hode is not None else None


@dataclass(frozen=True)
class _Filmappe:
    """The folder of a message; `root` has no links in it."""

    root: Path

    def find(self, reference: str) -> Path | None:
        """Find a file by its path in the folder; links are not followed, nor paths out of it."""
        name = reference.replace("\\", "/")
        if "\0" in name or Path(name).is_absolute() or name == ARKIVMELDING:
            return None
        path = self.root / name
        if ".." in path.parts or os.path.realpath(path) != str(path):
            return None
        return path if path.is_file() else None

    def every(self) -> Iterator[str]:
        """List the paths of all files but the message itself, without following links."""
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), self.root)  # noqa: PTH118  of walk's
                if path != ARKIVMELDING:
                    yield path


def _version(path: Path) -> str:
    """Recognise a message by its root element."""
    name = _root_of(path)
    namespace, _, own = name.rpartition(" ")
    if own != _ROOT or namespace not in _VERSJONER:
        raise Invalid(
            text(
                "{fil} begynner med {element} i navnerommet «{navnerom}». Det er ingen arkivmelding"
                " som kan leses inn: de er {kjente}.",
                fil=ARKIVMELDING,
                element=own,
                navnerom=namespace,
                kjente=", ".join(_VERSJONER),
            )
        )
    return _VERSJONER[namespace]


class _Found(Exception):
    """The root element has begun."""


def _root_of(path: Path) -> str:
    """Read the name of the first element, with its namespace; nothing before it is expanded."""
    names: list[str] = []

    def start(name: str, _: Mapping[str, str]) -> None:
        names.append(name)
        raise _Found

    def doctype(*_: object) -> None:
        raise Unreadable(text("Filen har en DOCTYPE; skriv den uten."), parser.CurrentLineNumber)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    try:
        with path.open("rb") as file:
            while chunk := file.read(_HEAD):
                parser.Parse(chunk, False)  # noqa: FBT003  expat's own
            parser.Parse(b"", True)  # noqa: FBT003  expat's own
    except _Found:
        pass
    except expat.ExpatError as error:
        said = expat.ErrorString(error.code)
        raise Unreadable(
            text("Filen er ikke gyldig XML ({feil}). Lag den på nytt.", feil=said), error.lineno
        ) from None
    return names[0]


def _faults(beside: _Filmappe, lager: Mellomlager) -> Iterator[Avvik]:
    """Tell what a message says of itself, and whether it brings the files that it says."""
    if lager.hode is None:
        return
    wanted = set(_referred(lager))
    yield from _of_head(lager.hode, len(wanted))
    for path in sorted(set(beside.every()) - wanted):
        yield Avvik("I54", ARKIVMELDING, 0, path, path)


def _referred(lager: Mellomlager) -> Iterator[str]:
    for unit in lager.every(["dokumentobjekt"]):
        told = unit.first("referanseDokumentfil")
        if told is not None:
            yield told.replace("\\", "/")


def _of_head(head: Lest, files: int) -> Iterator[Avvik]:
    for name, value in head.values():
        place = f"{_ROOT}/{name}"
        if name == _COUNT and value.strip() != str(files):
            yield Avvik("I05", ARKIVMELDING, head.linje, place, f"{value} ({files})")
        else:
            yield Avvik("I33", ARKIVMELDING, head.linje, place, value)

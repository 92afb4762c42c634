"""The folder that a kommune moves in: a manifest, the rows of each table as CSV, and the files.

`manifest.json` is written last, and has the SHA-256 of everything beside it: without it the folder
is not whole. `rader/<table>.csv` is as PostgreSQL writes CSV, `filer.csv` names every file in
`filer/` with its size and checksum.
"""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sakark_api.db.schema import WANTED
from sakark_api.errors import Conflict, Invalid
from sakark_api.flytting.tabeller import columns_of, taken
from sakark_api.storage.filesystem import FilesystemDocuments
from sakark_api.tenancy.checkpoint import Place
from sakark_api.tenancy.verification import File
from sakark_api.texts import Text, text

__all__ = ["Fil", "Funn", "Kommunefakta", "Manifest", "Pakke", "Tabell", "opened", "summed"]

Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Tabell(_Said):
    """The rows of one table: `rader` of them in a file with this SHA-256."""

    navn: str
    kolonner: list[str]
    rader: Annotated[int, Field(ge=0)]
    sha256: Hash


class Fil(_Said):
    """A file that is not in the folder, and what was wrong with it in the storage."""

    noekkel: str
    feil: str


class Funn(_Said):
    """What the proof of the chain found before the kommune left."""

    enhet: str
    tabell: str
    hva: str


class Kommunefakta(_Said):
    """What the registry says of the kommune, its number there, and whose tokens it accepts."""

    slug: str
    nummer: int
    navn: str
    kommunenummer: str
    tidligere_kommunenummer: list[str]
    organisasjonsnummer: str | None
    maalform: str
    options: dict[str, Any]
    offentlig_journal: int | None
    innlogging: list[dict[str, Any]]


class Manifest(_Said):
    """What is in the folder, and what it was when the kommune left."""

    format: Literal["sakark-flytting"] = "sakark-flytting"
    versjon: Literal[1] = 1
    skjema: str
    laget: datetime
    kommune: Kommunefakta
    seglopphav: list[dict[str, Any]]
    segl: Place
    tabeller: list[Tabell]
    filer: Annotated[int, Field(ge=0)]
    byte: Annotated[int, Field(ge=0)]
    filliste: Hash
    utelatt: dict[str, str]
    feil: list[Fil]
    funn: list[Funn]


class Pakke:
    """The folder, and where what is in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = folder / "manifest.json"
        self.filliste = folder / "filer.csv"

    def rader(self, table: str) -> Path:
        return self.folder / "rader" / f"{table}.csv"

    def documents(self) -> FilesystemDocuments:
        return FilesystemDocuments(self.folder / "filer")

    def files(self) -> Iterator[File]:
        """Give what the list says of each file, one at a time."""
        with self.filliste.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                yield File(UUID(row["enhet"]), row["noekkel"], int(row["byte"]), row["sha256"])

    def begin(self) -> None:
        """Make the folder, or go on with one that was begun; refuse whatever else is there."""
        if self.manifest.exists():
            raise Conflict(
                text("{mappe} har en hel pakke fra før. Velg en annen.", mappe=self.folder)
            )
        ours = {"rader", "filer", "filer.csv"}
        if self.folder.exists() and {one.name for one in self.folder.iterdir()} - ours:
            raise Conflict(
                text("{mappe} har noe annet i seg. Velg en tom mappe.", mappe=self.folder)
            )
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.folder / "rader").mkdir(mode=0o700, exist_ok=True)

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, all of it or nothing."""
        unfinished = self.folder / "manifest.uferdig"
        unfinished.write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
        unfinished.rename(self.manifest)


def opened(folder: Path) -> tuple[Pakke, Manifest, str]:
    """Open a package that is whole, and give its manifest with the SHA-256 of that.

    Raises `Invalid` for what is none, is not whole or has been changed, and `Conflict` for one
    that another version of the schema has made.
    """
    pakke = Pakke(folder)
    try:
        written = pakke.manifest.read_bytes()
    except OSError:
        raise Invalid(
            text(
                "{mappe} er ikke en hel pakke: manifest.json mangler. Kjør eksporten til den er"
                " ferdig.",
                mappe=folder,
            )
        ) from None
    _refuse_other_schema(written)
    try:
        manifest = Manifest.model_validate_json(written)
    except ValidationError:
        raise Invalid(
            text("manifest.json er skadet eller av et annet slag. Hent pakken på nytt.")
        ) from None
    _refuse_other_tables(manifest.tabeller)
    for name, wanted in _sums(pakke, manifest).items():
        _refuse_changed(pakke.folder / name, name, wanted)
    return pakke, manifest, hashlib.sha256(written).hexdigest()


def _refuse_other_schema(written: bytes) -> None:
    """Refuse what another version made, before its form is looked at."""
    try:
        made_by = json.loads(written)["skjema"]
    except (ValueError, KeyError, TypeError):
        return  # the form of the manifest says so
    if made_by != WANTED:
        raise Conflict(
            text(
                "Pakken er laget med skjemaet {der}, og her er {her}. Oppgrader begge til samme"
                " utgave, og eksporter på nytt.",
                der=made_by,
                her=WANTED,
            )
        )


def _refuse_other_tables(tabeller: Sequence[Tabell]) -> None:
    expected = {one.name: columns_of(one) for one in taken()}
    if {one.navn: one.kolonner for one in tabeller} != expected:
        raise Invalid(text("Pakken har andre tabeller enn skjemaet. Hent pakken på nytt."))


def _sums(pakke: Pakke, manifest: Manifest) -> Mapping[str, str]:
    rows = {f"rader/{one.navn}.csv": one.sha256 for one in manifest.tabeller}
    return {**rows, pakke.filliste.name: manifest.filliste}


def _refuse_changed(file: Path, name: str, wanted: str) -> None:
    said: Text | None = None
    if not file.is_file():
        said = text("{fil} mangler i pakken. Hent pakken på nytt.", fil=name)
    elif summed(file) != wanted:
        said = text("{fil} er endret eller skadet. Hent pakken på nytt.", fil=name)
    if said is not None:
        raise Invalid(said)


def summed(file: Path) -> str:
    """Give the SHA-256 of a file, in hex."""
    with file.open("rb") as read:
        return hashlib.file_digest(read, "sha256").hexdigest()

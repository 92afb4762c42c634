"""What is read in, opened: a folder as it is, or a zip file unpacked for as long as it takes."""

import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from sakark_api.deponering.pakke import ARKIVSTRUKTUR, open_pakke
from sakark_api.errors import Invalid
from sakark_api.innlesing.kildepakke import Kildepakke
from sakark_api.innlesing.melding import ARKIVMELDING, source_of_melding
from sakark_api.innlesing.uttrekk import source_of_uttrekk
from sakark_api.texts import text

__all__ = ["opened"]

_MOST_FILES: Final = 100_000
_DENSEST: Final = 200
"""How many times larger than the zip file its files may be together: XML shrinks to a fiftieth."""
_SMALL: Final = 64 * 1024 * 1024
"""What files may always be together, however small they are packed."""
_PIECE: Final = 1 << 20
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError)


@contextmanager
def opened(path: Path) -> Iterator[Kildepakke]:
    """Open an extraction or a message; raises `Invalid` for what is neither."""
    if not path.is_file():
        yield _source_of(path)
        return
    with tempfile.TemporaryDirectory(prefix="sakark-import-") as folder:
        root = Path(folder) / path.stem
        root.mkdir()
        _unpack(path, root)
        yield _source_of(root)


def _source_of(folder: Path) -> Kildepakke:
    message = folder / ARKIVMELDING
    is_message = message.is_file() and not message.is_symlink()
    if is_message and not (folder / ARKIVSTRUKTUR).exists():
        return source_of_melding(folder)
    return source_of_uttrekk(open_pakke(folder))


def _unpack(path: Path, root: Path) -> None:
    """Unpack a zip file; what would lead out of it, or is far larger than it, is refused."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = [one for one in archive.infolist() if not one.is_dir()]
            _refuse_odd(path, files)
            for one in files:
                _write(archive, one, root.joinpath(*_parts(one)))
    except (*_DAMAGED, NotImplementedError, RuntimeError, OSError) as error:
        raise Invalid(
            text(
                "{fil} kan ikke pakkes ut ({feil}). Pakk den ut selv, og oppgi mappen.",
                fil=path.name,
                feil=error,
            )
        ) from None


def _refuse_odd(path: Path, files: list[zipfile.ZipInfo]) -> None:
    whole = sum(one.file_size for one in files)
    limit = max(_SMALL, path.stat().st_size * _DENSEST)
    leads_out = any(not parts or ".." in parts for parts in map(_parts, files))
    names = {_parts(one) for one in files}
    if len(files) > _MOST_FILES or whole > limit or leads_out or len(names) != len(files):
        raise Invalid(
            text(
                "{fil} er ikke pakket slik en melding er: stier fører ut av den, filer er der to"
                " ganger, eller de er altfor mange eller store. Pakk den på nytt.",
                fil=path.name,
            )
        )


def _parts(one: zipfile.ZipInfo) -> tuple[str, ...]:
    """Give the steps of a path in a zip file; none where it leads out."""
    named = PurePosixPath(one.filename.replace("\\", "/"))
    odd = named.is_absolute() or any(":" in part or "\0" in part for part in named.parts)
    return () if odd else named.parts


def _write(archive: zipfile.ZipFile, one: zipfile.ZipInfo, path: Path) -> None:
    """Write one file; links are written as the text they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(one) as source, path.open("xb") as out:
        shutil.copyfileobj(source, out, _PIECE)

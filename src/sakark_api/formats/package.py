"""What a package (ZIP, or old Office's compound file) shows before it is opened."""

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

__all__ = ["has_macros", "is_bomb", "is_locked"]

_MOST_FOLD = 200
"""How many times its size a package may unpack to; office documents are below a hundred."""
_SMALL = 50 * 1024 * 1024
"""What may be folded as much as it likes."""
_ENCRYPTED = 0x1
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ValueError)
_MANIFEST = "META-INF/manifest.xml"
_MOST_MANIFEST = 4 * 1024 * 1024


def is_bomb(path: Path, limit: int) -> bool:
    """Tell whether a ZIP would unpack to more than `limit`, or than its size can honestly be."""
    return _of_zip(path, lambda package: _unpacks_to_much(path, package, limit))


def _unpacks_to_much(path: Path, package: zipfile.ZipFile, limit: int) -> bool:
    total = sum(one.file_size for one in package.infolist())
    return total > limit or (total > _SMALL and total > _MOST_FOLD * path.stat().st_size)


def is_locked(path: Path) -> bool:
    """Tell whether a ZIP, an OpenDocument or an Office document asks for a password."""
    return _of_zip(path, _zip_is_locked) or _office_is_locked(path)


def _zip_is_locked(package: zipfile.ZipFile) -> bool:
    if any(one.flag_bits & _ENCRYPTED for one in package.infolist()):
        return True
    if _MANIFEST not in package.namelist():
        return False
    with package.open(_MANIFEST) as manifest:
        return b"encryption-data" in manifest.read(_MOST_MANIFEST)


def _office_is_locked(path: Path) -> bool:
    import olefile
    from msoffcrypto import OfficeFile
    from msoffcrypto.exceptions import FileFormatError

    if not olefile.isOleFile(str(path)):
        return False
    try:
        with path.open("rb") as file:
            return bool(OfficeFile(file).is_encrypted())
    except (FileFormatError, OSError, ValueError, KeyError, AttributeError):
        return False  # a compound file of another kind, or a damaged one


def has_macros(path: Path) -> bool:
    """Tell whether an Office document or an OpenDocument carries programs."""
    return _of_zip(path, _zip_has_macros) or _office_has_macros(path)


def _zip_has_macros(package: zipfile.ZipFile) -> bool:
    names = [name.lower() for name in package.namelist()]
    if _MANIFEST.lower() in names:
        return any(name.startswith(("basic/", "scripts/")) for name in names)
    return any(name.endswith("vbaproject.bin") for name in names)


def _office_has_macros(path: Path) -> bool:
    import olefile

    if not olefile.isOleFile(str(path)):
        return False
    try:
        with olefile.OleFileIO(str(path)) as package:
            parts = {part.lower() for entry in package.listdir() for part in entry}
    except OSError:
        return False
    return not parts.isdisjoint({"vba", "_vba_project", "_vba_project_cur"})


def _of_zip(path: Path, question: Callable[[zipfile.ZipFile], bool]) -> bool:
    """Answer a question about a ZIP; no for what is none, or is broken."""
    try:
        with zipfile.ZipFile(path) as package:
            return question(package)
    except (*_DAMAGED, NotImplementedError, RuntimeError, OSError):
        return False  # what is broken is told of when it is to be converted

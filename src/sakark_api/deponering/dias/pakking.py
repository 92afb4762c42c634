"""A submission package (SIP) of a deposit: a tar file, written as a stream in constant memory."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sakark_api.deponering.dias.mets import METS, Sending, dias_mets, submission_description
from sakark_api.deponering.dias.premis import premis
from sakark_api.deponering.pakke import ARKIVUTTREKK
from sakark_api.deponering.skjema import OF_SIP, read_schemas
from sakark_api.deponering.tarfil import END, Innhold, data, file, files_in, folder, gathered

__all__ = ["Sip", "write_sip"]

_CONTENT: Final = "content"
_ADMINISTRATIVE: Final = "administrative_metadata"
_DESCRIPTIVE: Final = "descriptive_metadata"
_COPIED: Final = (ARKIVUTTREKK, "addml.xsd")
"""What of the deposit lies beside what the package says of itself too."""

_OWN: Final = 0o600


@dataclass
class Sip:
    """A package on its way: `tar` gives its bytes, and `description` what goes beside it then."""

    sending: Sending
    schemas: Path | None
    _mets: list[Innhold] = field(default_factory=list)

    def tar(self) -> Iterator[bytes]:
        """Give the package; raises `Invalid` without the schemas, before anything is given.

        dias-mets.xml is last: it tells the checksums of all that went before it.
        """
        schemas = read_schemas(self.schemas, OF_SIP)
        deposit, now = self.sending.opplysninger.root, self.sending.now
        own = {
            "dias-mets.xsd": schemas["dias-mets.xsd"],
            "log.xml": premis(self.sending.id),
            f"{_ADMINISTRATIVE}/dias-premis.xml": premis(self.sending.id),
            f"{_ADMINISTRATIVE}/dias-premis.xsd": schemas["dias-premis.xsd"],
        } | {
            f"{_ADMINISTRATIVE}/{name}": (deposit / name).read_bytes()
            for name in _COPIED
            if (deposit / name).is_file()
        }
        known = []
        for place in ("", f"{_ADMINISTRATIVE}/", f"{_DESCRIPTIVE}/", f"{_CONTENT}/"):
            yield folder(f"{self._root}{place}", now)
        for name, content in own.items():
            known.append((yield from data(f"{self._root}{name}", content, now)))
        with tempfile.NamedTemporaryFile() as listed:
            with dias_mets(listed.file, self.sending, known) as write:
                for name, path in files_in(deposit):
                    write((yield from file(f"{self._root}{_CONTENT}/{name}", path)))
            listed.flush()
            self._mets.append((yield from file(f"{self._root}{METS}", Path(listed.name))))
        yield END

    def description(self, size: int, sha256: str) -> bytes:
        """Write what goes beside the package, when all of it is given and its checksum is known."""
        package = Innhold(f"{self.sending.id}.tar", size, sha256, self.sending.now)
        return submission_description(self.sending, package, self._mets[-1])

    @property
    def _root(self) -> str:
        return f"{self.sending.id}/"


def write_sip(sip: Sip, target: Path) -> Path:
    """Write a package into a folder, and what goes beside it; give where the package is.

    It has its name when it is whole. Only its owner can read it: what is screened is readable.
    """
    target.mkdir(parents=True, exist_ok=True)
    name = str(sip.sending.id)
    unfinished, sha256, size = target / f"{name}.uferdig", hashlib.sha256(), 0
    try:
        unfinished.touch(_OWN, exist_ok=False)
        with unfinished.open("wb") as out:
            for piece in gathered(sip.tar()):
                out.write(piece)
                sha256.update(piece)
                size += len(piece)
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    beside = sip.description(size, sha256.hexdigest())
    (target / f"{name}.xml").write_bytes(beside)
    return unfinished.rename(target / f"{name}.tar")

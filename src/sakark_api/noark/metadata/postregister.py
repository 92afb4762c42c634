"""The postal register: which poststed each postnummer has, read from the register's own file."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from sakark_api.errors import Invalid
from sakark_api.noark.values import is_blank
from sakark_api.texts import text

__all__ = ["FEWEST", "read_register"]

FEWEST: Final = 3000
"""Fewer numbers than this are not all of Norway's, some 5 000: the file is broken or another."""

_FIELDS: Final = 5
_NUMBER = re.compile(r"\d{4}", re.ASCII)
_CATEGORY = re.compile(r"[A-ZÆØÅ]")


def read_register(data: bytes) -> Mapping[str, str]:
    """Give the poststed of each postnummer.

    `data` is the file that Bring publishes: one number a line, five fields with tabs between them
    (postnummer, poststed, kommunenummer, kommunenavn, kategori), in UTF-8 or Windows-1252. Raises
    `Invalid`, which names the line, for a file that is not so.
    """
    found: dict[str, str] = {}
    for line, (number, poststed) in _lines(_decoded(data)):
        if number in found:
            raise Invalid(
                text(
                    "Linje {linje}: postnummer {nummer} står to ganger. Hent filen på nytt.",
                    linje=line,
                    nummer=number,
                )
            )
        found[number] = poststed
    if len(found) < FEWEST:
        raise Invalid(
            text(
                "Filen har {antall} postnumre, og hele landet har mer enn {minst}. Hent hele filen"
                " på nytt.",
                antall=len(found),
                minst=FEWEST,
            )
        )
    return found


def _decoded(data: bytes) -> str:
    """Read the bytes as UTF-8, else as the Windows encoding that the register is published in."""
    for encoding in ("utf-8-sig", "windows-1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid(text("Filen er ikke tekst i UTF-8 eller Windows-1252. Hent den på nytt."))


def _lines(written: str) -> Iterator[tuple[int, tuple[str, str]]]:
    for place, line in enumerate(written.split("\n"), start=1):
        if is_blank(line):
            continue
        fields = line.rstrip("\r").split("\t")
        if not _is_of_the_register(fields):
            raise Invalid(
                text(
                    "Linje {linje} er ikke postnummer, poststed, kommunenummer, kommunenavn og"
                    " kategori med tabulator mellom. Hent «Postnummer i rekkefølge» fra Bring.",
                    linje=place,
                )
            )
        yield place, (fields[0], fields[1].strip())


def _is_of_the_register(fields: list[str]) -> bool:
    if len(fields) != _FIELDS:
        return False
    number, poststed, kommune, _, category = fields
    return (
        all(_NUMBER.fullmatch(one) for one in (number, kommune))
        and not is_blank(poststed)
        and _CATEGORY.fullmatch(category) is not None
    )

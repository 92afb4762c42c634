"""Codes as texts: found in the kommune's lists by what they are called, or added as expired."""

from collections.abc import Mapping
from typing import Any, Final

from sakark_api.noark.metadata.kodeliste import SKJERMINGMETADATA
from sakark_api.noark.metadata.kodeverk import Kodeverk

__all__ = ["Koder"]

_CALLED: Final[Mapping[str, Mapping[str, str]]] = {
    "graderingskode": {
        "strengt hemmelig": "SH",
        "hemmelig": "H",
        "konfidensielt": "K",
        "begrenset": "B",
        "fortrolig": "F",
        "strengt fortrolig": "SF",
    },
}
"""What else codes are called that something depends on."""


class Koder:
    """The kommune's code lists, by what codes are called; those that are missing are remembered."""

    def __init__(self, kodeverk: Kodeverk) -> None:
        self._names = {
            liste: {one.kodenavn.casefold(): one.kode for one in values.values()}
            for liste, values in kodeverk.lists.items()
        }
        self._codes = {
            liste: {one.kode: one.kodenavn for one in values.values()}
            for liste, values in kodeverk.lists.items()
        }
        self.nye: dict[tuple[str, str], str] = {}
        """Codes that are not in the kommune's lists yet: their names, by list and kode."""

    def find(self, liste: str, text: str) -> dict[str, Any] | None:
        """Find a code by its name, or by the kode itself."""
        text = text.strip()
        names = self._names.get(liste, {})
        kode = names.get(text.casefold()) or _CALLED.get(liste, {}).get(text.casefold())
        if kode is None and text in self._codes.get(liste, {}):
            kode = text
        return None if kode is None else self._kode(liste, kode)

    def default(self, liste: str, kode: str) -> dict[str, Any]:
        """Give a code that the standard has."""
        return self._kode(liste, kode)

    def add(self, liste: str, text: str, kode: str | None = None) -> dict[str, Any]:
        """Take a code into use that there is not, under its own text unless it has a kode."""
        text = text.strip()
        kode = kode or text
        if kode not in self._codes.setdefault(liste, {}):
            self._codes[liste][kode] = text
            self._names.setdefault(liste, {})[text.casefold()] = kode
            self.nye[liste, kode] = text
        return self._kode(liste, kode)

    def hides(self, koder: Any) -> bool:  # noqa: ANN401  as it is on the wire
        """Tell whether something is hidden by what a screening says."""
        known = {kode for kode, _ in SKJERMINGMETADATA.values}
        return any(one["kode"] in known for one in koder)

    def _kode(self, liste: str, kode: str) -> dict[str, Any]:
        navn = self._codes.get(liste, {}).get(kode)
        return {"kode": kode} if navn is None else {"kode": kode, "kodenavn": navn}
